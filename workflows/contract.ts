import { defineQuery, defineSignal, defineUpdate } from '@temporalio/workflow';
import { defineSearchAttributeKey, SearchAttributeType } from '@temporalio/common';
import type { BackupPlan } from '../cluster/backup-plan.ts';
import type { BackupLearned, BackupStatus } from '../cluster/backup-status.ts';
import type { Cluster } from '../cluster/cluster.ts';
import type { DrillStatus } from '../cluster/drill/status.ts';
import type { DrillStory, DrillTimes } from '../cluster/drill/stories.ts';
import type { Plan } from '../cluster/plan-types.ts';
import type { Demotion, OpenDemotion } from '../cluster/failover/demotion-request.ts';
import type { Promotion } from '../cluster/failover/promotion-request.ts';
import type { BackupHealth, FailoverStatus } from '../cluster/failover/status.ts';
import type { RestoreLook } from '../cluster/restore/offer.ts';
import type { ChangeStatus } from '../cluster/status.ts';
import { clusterAttributeName, stateAttributeName } from '../cluster/workflow-ids.ts';

/** Names that are relied on from outside: clients, the UI's forms, scripts with the `temporal` command. */
export const taskQueue = 'holdfast';

export { accessId, backupId, changeId, drillId, failoverId, hostChangeId } from '../cluster/workflow-ids.ts';

export const clusterAttribute = defineSearchAttributeKey(clusterAttributeName, SearchAttributeType.KEYWORD);
export const stateAttribute = defineSearchAttributeKey(stateAttributeName, SearchAttributeType.KEYWORD);

export interface BringUpInput {
  readonly spec: Cluster;
  readonly plan: Plan;
}

/** Which waiting steps a signal means. Left out: any. */
export interface Selector {
  readonly step?: string;
  readonly host?: string;
}
export interface SkipInput extends Selector {
  readonly step: string;
  readonly reason: string;
  /** Who skips, e.g. "ann@laptop"; the client fills it in. */
  readonly by?: string;
}
export interface AbortInput {
  readonly reason: string;
}
/** The run that is asked to make room: a late signal must not strike a newer change. */
export interface YieldInput {
  readonly runId: string;
}

export const retrySignal = defineSignal<[Selector?]>('retry');
export const skipSignal = defineSignal<[SkipInput]>('skip');
export const abortSignal = defineSignal<[AbortInput]>('abort');
export const yieldSignal = defineSignal<[YieldInput]>('yield');
export const statusQuery = defineQuery<ChangeStatus>('status');

/** Workflows that run under a cluster's change id. */
export const changeWorkflows = ['bringUp', 'promote', 'demote', 'restore', 'removeHosts', 'reset'] as const;
export type ChangeWorkflow = (typeof changeWorkflows)[number];

/** A change under the change id, as bringUp is. */
export interface PromoteInput extends BringUpInput {
  readonly promotion: Promotion;
}

/** A change under the change id, as bringUp is. */
export interface DemoteInput extends BringUpInput {
  readonly demotion: Demotion;
}

/** A change under the change id, as bringUp is. `spec`: without the worker nodes that go. */
export type RemoveHostsInput = BringUpInput;

/** A change under the change id, as bringUp is. It waits for `approve` once it has looked. */
export type RestoreInput = BringUpInput;

export interface ApproveRestoreInput {
  /** One of the offer's sources. Left out: the first of them. */
  readonly from?: string;
  readonly reason: string;
  readonly by: string;
}
export const approveRestoreSignal = defineSignal<[ApproveRestoreInput]>('approve');
/** What there is to restore from; undefined until it has looked. */
export const restoreOfferQuery = defineQuery<RestoreLook | undefined>('offer');

/** A plan of `accessPlan`; it is no change of the cluster, and has a change's surface all the same. */
export interface AccessChangeInput {
  readonly plan: Plan;
}

/** What the failover workflow is started with; what it learned later crosses its continue-as-new beside this. */
export interface FailoverInput {
  readonly spec: Cluster;
}

/** A person asks for a promotion now, without waiting for the confirmation. Left out: the first that is healthy. */
export interface FailoverRequest {
  readonly candidate?: string;
  readonly reason: string;
  readonly by?: string;
}
export interface PauseInput {
  readonly reason: string;
  readonly by?: string;
}
export interface ApproveInput {
  readonly reason: string;
  readonly by: string;
}
/** A control-plane node of the spec that is removed for good, and not waited for. */
export interface ForgetInput {
  readonly host: string;
  readonly by?: string;
}
/** `times`: left out, as long as the story needs. */
export interface DrillInput {
  readonly spec: Cluster;
  readonly story: DrillStory;
  readonly times?: DrillTimes;
}
/** What a drill breaks on purpose. `until`: ms since 1970; what has passed takes an earlier word back. */
export interface LeaveAloneInput {
  readonly hosts: readonly string[];
  readonly until: number;
}
/** A change's last act. `spec`: what it leaves applied; absent where it touched nothing. */
export interface ChangeEndedInput {
  readonly workflowType: string;
  readonly runId: string;
  readonly state: 'done' | 'failed' | 'yielded';
  readonly spec?: Cluster;
  /** What a promotion did, or failed to do: failover keeps the record, whoever started it. */
  readonly promotion?: Promotion;
  /** What a demotion did, or failed to do. */
  readonly demotion?: Demotion;
}

/** What the backup workflow is started with; `learned` crosses its continue-as-new. */
export interface BackupInput {
  readonly plan: BackupPlan;
  readonly learned?: BackupLearned;
}

export const configureBackupSignal = defineSignal<[BackupPlan]>('configure');
export const backupNowSignal = defineSignal<[{ readonly by?: string }?]>('now');
export const backupStatusQuery = defineQuery<BackupStatus>('status');
/** What it was told last: a change that would tell it the same says nothing. */
export const backupPlanQuery = defineQuery<BackupPlan>('plan');

export const configureSignal = defineSignal<[FailoverInput]>('configure');
export const changeEndedSignal = defineSignal<[ChangeEndedInput]>('changeEnded');
/** A demotion's first act. */
export const demotionBeginsSignal = defineSignal<[OpenDemotion]>('demotionBegins');
export const failoverSignal = defineSignal<[FailoverRequest]>('failover');
export const pauseSignal = defineSignal<[PauseInput]>('pause');
export const resumeSignal = defineSignal<[{ readonly by?: string }?]>('resume');
export const approveSignal = defineSignal<[ApproveInput]>('approve');
export const forgetSignal = defineSignal<[ForgetInput]>('forget');
export const leaveAloneSignal = defineSignal<[LeaveAloneInput]>('leaveAlone');
export const backupHealthSignal = defineSignal<[BackupHealth]>('backupHealth');
/** Validates, queues, and answers with the promotion's workflow id. */
export const promoteUpdate = defineUpdate<string, [FailoverRequest]>('promote');
export const specQuery = defineQuery<Cluster>('spec');
export const failoverStatusQuery = defineQuery<FailoverStatus>('status');
export const drillStatusQuery = defineQuery<DrillStatus>('status');
