import type { SshTarget } from './cluster.ts';
import type { Proxy } from './proxy.ts';
import type { StepId, StepInputs } from './steps.ts';

/** What will happen, as data: the client prints it, the workflow runs it, the UI shows it. */
export interface Plan {
  readonly cluster: string;
  /** How to reach every host, once; steps name hosts only. */
  readonly targets: Readonly<Record<string, SshTarget>>;
  /** How hosts reach what lies outside of the site. Absent: directly. */
  readonly proxy?: Proxy;
  /** Steps about the whole cluster run on this host. */
  readonly bastion: string;
  readonly phases: readonly Phase[];
  /** What happens when every control-plane node is lost. */
  readonly promotion: string;
}

export interface Phase {
  readonly id: PhaseId;
  readonly after: readonly PhaseId[];
  /**
   * How steps of one phase follow each other. `in-order-per-host`: hosts side by side, each host's steps in order;
   * `at-once`: all side by side; `in-order`: one after another.
   */
  readonly order: 'in-order-per-host' | 'at-once' | 'in-order';
  readonly steps: readonly Step[];
}

export type PhaseId =
  | 'connect'
  | 'preflight'
  | 'prepare'
  | 'bastion'
  | 'load-balancers'
  | 'kubernetes'
  | 'access'
  | 'safety'
  | 'apps'
  | 'verify'
  | 'one-way-in'
  | 'keep'
  // of a promotion
  | 'check'
  | 'restore'
  | 'control-plane'
  | 'tidy'
  // of a reset, beside connect, safety, bastion and tidy
  | 'release'
  | 'reset'
  // of worker nodes that leave, beside connect, bastion, tidy, verify and keep
  | 'remove'
  // of a demotion, beside check, tidy and verify
  | 'demote'
  // of a restore of etcd
  | 'look'
  | 'confirm'
  | 'stage'
  | 'stop'
  | 'save'
  | 'restore-etcd'
  | 'start'
  | 'serve'
  | 'refresh';

export type Step = { [Id in StepId]: StepOf<Id> }[StepId];

export interface StepOf<Id extends StepId> {
  readonly id: Id;
  readonly title: string;
  readonly host: string;
  /** Names of the other hosts it may talk to. `'all'`: every host of the plan. */
  readonly others?: readonly string[] | 'all';
  /** Where it fails for good it is skipped, and why is told: nobody is asked. */
  readonly optional?: true;
  readonly input: StepInputs[Id];
}
