import { condition, setHandler, workflowInfo } from '@temporalio/workflow';
import type { Phase, PhaseId, Plan } from '../cluster/plan-types.ts';
import type { ChangeStatus } from '../cluster/status.ts';
import { Board } from './board.ts';
import type { BringUpInput } from './contract.ts';
import { contextFrom, targetsFor, withSpec } from './context.ts';
import { HostChild, runAll } from './host-child.ts';
import { hostReportSignal } from './host-messages.ts';
import type { HostReport } from './host-messages.ts';
import { identityStep, judgeFacts } from './judge-facts.ts';
import { runChange } from './run-change.ts';
import { runSteps } from './run-steps.ts';
import { together } from './together.ts';

/** These phases of a host run in a workflow of its own, so that a thousand hosts stay within Temporal's limits. */
const hostPhases: readonly PhaseId[] = ['connect', 'preflight', 'prepare'];

/** Brings a cluster up, or back to what its spec says: runs the plan. Nothing is changed before every host has passed. */
export async function bringUp({ spec, plan }: BringUpInput): Promise<ChangeStatus> {
  const { firstExecutionRunId } = workflowInfo();
  const children = new Map<string, HostChild>();
  const board = new Board(plan.phases.map((phase) => withIdentity(phase, hostsOf(plan))));
  for (const host of hostsOf(plan)) {
    const phases = phasesOf(plan, host);
    const targets = targetsFor(
      phases.flatMap(({ steps }) => steps),
      plan.targets,
    );
    const { cluster, promotion, proxy } = plan;
    children.set(
      host,
      new HostChild(board, {
        ...{ cluster, promotion, host, change: firstExecutionRunId, phases, targets },
        ...(proxy && { proxy }),
      }),
    );
  }
  setHandler(
    hostReportSignal,
    (sent: unknown) => {
      if (isReport(sent)) children.get(sent.host)?.hear(sent);
      else board.refuse('hostReport', 'it comes from a host’s own workflow only');
    },
    {
      description: 'From a host’s own workflow: where it stands.',
    },
  );

  const all = [...children.values()];
  const context = withSpec(contextFrom(plan, firstExecutionRunId), spec);
  return runChange({
    cluster: plan.cluster,
    promotion: plan.promotion,
    board,
    busy: () => whyBusy(board, all),
    leaves: () => (isBeyondChecks(board) ? { spec } : {}),
    end: async (reason) => void (await Promise.all(all.map((child) => child.end(reason)))),
    body: async () => {
      await together([
        runAll(all),
        judgeFacts(board, spec, all),
        ...plan.phases.map(async (phase) => {
          const own = { ...phase, steps: phase.steps.filter((step) => !inChild(phase, step.id)) };
          if (own.steps.length === 0) return;
          await condition(() => phase.after.every((before) => board.complete(before)));
          await runSteps(board, own, context);
        }),
        condition(() => board.complete('preflight')).then(() => all.forEach((child) => child.proceed())),
      ]);
    },
  });
}

function inChild({ id }: Phase, step: string): boolean {
  return hostPhases.includes(id) && step !== 'check-reachability';
}

function hostsOf({ phases }: Plan): readonly string[] {
  const inPhases = phases.filter(({ id }) => hostPhases.includes(id));
  return [...new Set(inPhases.flatMap(({ steps }) => steps.map(({ host }) => host)))];
}

function phasesOf({ phases }: Plan, host: string): readonly Phase[] {
  return phases
    .filter(({ id }) => hostPhases.includes(id))
    .map((phase) => ({
      ...phase,
      // Checks change nothing and do not build on each other: a person should see all problems at once.
      order: phase.id === 'preflight' ? 'at-once' : phase.order,
      steps: phase.steps.filter((step) => step.host === host && inChild(phase, step.id)),
    }));
}

function withIdentity({ id, after, steps }: Phase, hosts: readonly string[]) {
  return id === 'preflight'
    ? { id, after, steps: [...steps, ...hosts.map((host) => ({ id: identityStep, host }))] }
    : { id, after, steps };
}

function isReport(sent: unknown): sent is HostReport {
  const { host, steps, refused } = (sent ?? {}) as Partial<HostReport>;
  return typeof host === 'string' && Array.isArray(steps) && Array.isArray(refused);
}

/** Until a step of a later phase has begun, the hosts are as they were. */
function isBeyondChecks({ entries }: Board): boolean {
  return entries.some(
    ({ phase, state }) => phase !== 'connect' && phase !== 'preflight' && state !== 'pending',
  );
}

function whyBusy(board: Board, children: readonly HostChild[]): string | undefined {
  if (board.running > 0) return 'steps are running';
  if (children.some((child) => !child.quiet)) return 'a host’s steps are running';
  return board.waiting.size > 0 ? undefined : 'it does not wait for anyone';
}
