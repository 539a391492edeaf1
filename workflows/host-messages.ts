import { defineSignal } from '@temporalio/workflow';
import type { SshTarget } from '../cluster/cluster.ts';
import type { HostFacts } from '../cluster/facts.ts';
import type { Phase } from '../cluster/plan-types.ts';
import type { Proxy } from '../cluster/proxy.ts';
import type { ChangeStatus, StepError, StepStatus } from '../cluster/status.ts';

/** What bringUp and its prepareHost children say to each other. */
export interface PrepareHostInput {
  readonly cluster: string;
  readonly host: string;
  /** First run id of the change: names remote jobs. */
  readonly change: string;
  readonly promotion: string;
  /** connect, preflight and prepare, with this host's steps alone. */
  readonly phases: readonly Phase[];
  /** This host, and those that its steps may talk to. */
  readonly targets: Readonly<Record<string, SshTarget>>;
  readonly proxy?: Proxy;
}

/** Where one host stands: the whole of it each time, so that a later report replaces an earlier one. */
export interface HostReport {
  readonly host: string;
  readonly steps: readonly ReportedStep[];
  /** How often facts were gathered; a higher number carries newer facts. */
  readonly gathered: number;
  readonly facts?: HostFacts;
  /** No activity of this host runs. */
  readonly idle: boolean;
  /** The number of the last message of the parent that is accounted for. */
  readonly heard: number;
  readonly refused: ChangeStatus['refused'];
}

export type ReportedStep = StepStatus & { readonly error?: StepError };

/** The parent numbers what it sends: a report that crossed a message is not mistaken for its answer. */
export interface Numbered {
  readonly n: number;
}

export const hostReportSignal = defineSignal<[HostReport]>('hostReport');
export const proceedSignal = defineSignal<[Numbered]>('proceed');
export const gatherAgainSignal = defineSignal<[Numbered]>('gatherAgain');
