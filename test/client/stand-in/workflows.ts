// Workflows of the names, ids and surfaces of workflows/contract.ts that do as a test tells them and touch nothing.
// They are strict: what the contract does not know is refused.
import {
  ApplicationFailure,
  condition,
  defineSignal,
  executeChild,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import type { FailoverStatus } from '../../../cluster/failover/status.ts';
import type { ChangeStatus } from '../../../cluster/status.ts';
import * as contract from '../../../workflows/contract.ts';

/** What a test lets failover say. */
export const saySignal = defineSignal<[Partial<FailoverStatus>]>('say');
/** A task of the workflow that fails each time, as one whose history this code cannot replay. */
export const breakSignal = defineSignal('break');
/** How a test lets a change end. */
export const endSignal = defineSignal<[Partial<ChangeStatus>]>('end');

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

export async function failover({ spec }: contract.FailoverInput): Promise<void> {
  const { runId } = workflowInfo();
  const status: Mutable<FailoverStatus> = {
    workflowType: 'failover',
    runId,
    cluster: spec.name,
    state: 'watching',
    since: '2026-11-25T03:00:00.000Z',
    degraded: [],
    controlPlane: ['master-1'],
    promoted: [],
    forgotten: [],
    candidates: { 'worker-1': {} },
    decision: { do: 'nothing' },
    events: [],
    refused: [],
  };
  let record = spec;
  let queued: contract.FailoverRequest | undefined;
  const happened = (what: string): void => {
    status.events = [...status.events, { at: new Date().toISOString(), what }];
  };
  const refuse = (signal: string, why: string): void => {
    status.refused = [...status.refused, { signal, why }];
  };
  setHandler(contract.failoverStatusQuery, () => status);
  setHandler(contract.specQuery, () => record);
  setHandler(contract.configureSignal, (sent) => void (record = sent.spec));
  setHandler(breakSignal, () => {
    throw new Error('broken by a test');
  });
  setHandler(saySignal, (sent) => void Object.assign(status, sent));
  setHandler(contract.pauseSignal, ({ reason, by }) => {
    status.state = 'paused';
    status.paused = { reason: `${by}: ${reason}`, since: new Date().toISOString() };
  });
  setHandler(contract.resumeSignal, (sent) => {
    if (status.state !== 'paused') return refuse('resume', 'it is not paused');
    status.state = 'watching';
    delete status.paused;
    happened(`resumed by ${sent?.by}`);
  });
  setHandler(contract.approveSignal, ({ reason, by }) => {
    if (status.waitingFor?.reason !== 'approval') return refuse('approve', 'it waits for no approval');
    delete status.waitingFor;
    happened(`approved by ${by}: ${reason}`);
  });
  setHandler(contract.forgetSignal, ({ host, by }) => {
    if (!status.controlPlane.includes(host)) return refuse('forget', `${host} is no control-plane node`);
    status.forgotten = [...status.forgotten, host];
    happened(`forgotten by ${by}: ${host}`);
  });
  setHandler(contract.failoverSignal, ({ candidate, reason, by }) =>
    happened(`failover of ${candidate ?? 'the first'} asked for by ${by}: ${reason}`),
  );
  setHandler(contract.retrySignal, (sent) => happened(`retry ${JSON.stringify(sent)}`));
  setHandler(
    contract.promoteUpdate,
    (request) => {
      queued = request;
      return contract.changeId(spec.name);
    },
    {
      validator: ({ candidate }) => {
        if (candidate !== undefined && !(candidate in status.candidates))
          throw ApplicationFailure.nonRetryable(`${candidate} is no candidate`);
      },
    },
  );
  for (;;) {
    await condition(() => queued !== undefined);
    const { candidate = 'worker-1', reason, by = '' } = queued as contract.FailoverRequest;
    queued = undefined;
    // Whoever asks looks for a promotion that has not begun yet.
    await condition(() => false, '2 s');
    status.state = 'promoting';
    const promotion = { candidate, lost: [], controlPlane: ['master-1'], reason, by };
    await executeChild(promote, {
      workflowId: contract.changeId(spec.name),
      args: [{ spec, plan: {} as never, promotion }],
    }).catch((error: unknown) => happened(String(error)));
    status.state = 'watching';
  }
}

export function promote({ spec, promotion }: contract.PromoteInput): Promise<ChangeStatus> {
  return change('promote', spec.name, [
    ['save', 'backup-etcd', promotion.candidate],
    ['control-plane', 'start-api-server', promotion.candidate],
  ]);
}

export function bringUp({ spec }: contract.BringUpInput): Promise<ChangeStatus> {
  return change('bringUp', spec.name, [['prepare', 'disable-swap', 'worker-1']]);
}

async function change(
  workflowType: string,
  cluster: string,
  steps: readonly (readonly [phase: string, step: string, host: string])[],
): Promise<ChangeStatus> {
  const { runId } = workflowInfo();
  let end: Partial<ChangeStatus> | undefined;
  const retried: string[] = [];
  const status = (state: ChangeStatus['state'], at: 'running' | 'done'): ChangeStatus => ({
    workflowType,
    runId,
    cluster,
    state,
    phase: steps[0]?.[0] ?? '',
    phases: steps.map(([id]) => ({ id, state: at, done: Number(at === 'done'), total: 1 })),
    steps: steps.map(([phase, step, host]) => ({ phase, step, host, state: at })),
    waitingFor: [],
    refused: retried.map(() => ({ signal: 'retry', why: 'no step waits' })),
    promotion: '',
  });
  setHandler(contract.statusQuery, () => status('running', 'running'));
  setHandler(contract.retrySignal, () => void retried.push('retry'));
  setHandler(endSignal, (sent) => void (end = sent));
  await condition(() => end !== undefined);
  return { ...status('done', 'done'), ...end };
}

/** What the last backup is to have come to, and what the next one will. */
export const backupsWentSignal =
  defineSignal<[last: string | undefined, next: string | undefined, newest?: string]>('went');

/** Knows its plan, and how backups are to go; makes none. */
export async function backup({ plan }: contract.BackupInput): Promise<void> {
  let record = plan;
  let problem: string | undefined;
  let coming: string | undefined;
  let newest: string | undefined;
  let asked = 0;
  setHandler(backupsWentSignal, (last, next, made) => {
    problem = last;
    coming = next;
    newest = made;
  });
  setHandler(contract.backupNowSignal, () => {
    asked += 1;
    problem = coming;
  });
  setHandler(contract.backupStatusQuery, () => ({
    workflowType: 'backup',
    runId: workflowInfo().runId,
    cluster: record.cluster,
    state: 'waiting',
    everyHours: record.everyHours,
    recipients: record.recipients,
    next: new Date(0).toISOString(),
    health: { ...(problem !== undefined && { problem }), ...(newest !== undefined && { newest }) },
    asked,
    answered: asked,
    refused: [],
  }));
  setHandler(contract.backupPlanQuery, () => record);
  setHandler(contract.configureBackupSignal, (sent) => void (record = sent));
  await condition(() => false);
}
