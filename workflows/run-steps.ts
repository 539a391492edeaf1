import { condition, isCancellation, proxyActivities } from '@temporalio/workflow';
import type { HostFacts } from '../cluster/facts.ts';
import type { Phase, Step } from '../cluster/plan-types.ts';
import type { StepContext, StepResult } from '../cluster/steps.ts';
import type { StepError } from '../cluster/status.ts';
import { activityType } from './activity-type.ts';
import type { Answer, Board, Entry } from './board.ts';
import { policyOf } from './policies.ts';
import { stepErrorOf } from './step-error.ts';
import { together } from './together.ts';

/** What a step is told beside its own input; `job` is added here. */
export type ContextOf = (step: Step) => Omit<StepContext, 'job'>;

/**
 * Runs the steps of one phase in its order. A step that fails for good waits for a person, and so do
 * those behind it; the others go on. Ends when all have ended; throws only when it is cancelled.
 */
export async function runSteps(
  board: Board,
  phase: Pick<Phase, 'id' | 'order' | 'steps'>,
  contextOf: ContextOf,
): Promise<void> {
  await together(
    lanes(phase).map(async (lane) => {
      for (const step of lane) await runStep(board, phase.id, step, contextOf);
    }),
  );
}

/** Runs one step until it is done or skipped. Returns what its activity answered, undefined where it was skipped. */
export async function runStep(
  board: Board,
  phase: string,
  step: Step,
  contextOf: ContextOf,
): Promise<StepResult | HostFacts | undefined> {
  const entry = board.entry(phase, step.id, step.host);
  let job = 1;
  for (;;) {
    board.mark(entry, 'running');
    try {
      const result = await execute(step, { ...contextOf(step), job });
      board.mark(entry, isLook(step) || changed(result) ? 'done' : 'already-so', { summary: told(result) });
      return result;
    } catch (failure) {
      if (isCancellation(failure)) throw failure;
      const error = stepErrorOf(failure);
      if (step.optional) {
        board.mark(entry, 'skipped', { reason: `${error.kind}: ${error.message}`.slice(0, 400) });
        return undefined;
      }
      const answer = await personsAnswer(board, entry, error);
      if (answer.do === 'skip') return undefined;
      // Only a person's word starts a new remote job after one that ended non-zero.
      if (error.kind === 'JobFailed') job += 1;
    }
  }
}

/** Parks the step and waits, for days if need be, until a person answers. */
export async function personsAnswer(board: Board, entry: Entry, error: StepError): Promise<Answer> {
  const given: Answer[] = [];
  board.park(entry, error, (answer) => given.push(answer));
  await condition(() => given.length > 0);
  return given[0] as Answer;
}

/** Runs a step's activity by its policy. */
export function execute(step: Step, context: StepContext): Promise<StepResult | HostFacts> {
  const type = activityType(step.id);
  const activity = proxyActivities<Record<string, (call: unknown) => Promise<StepResult | HostFacts>>>(
    policyOf(step.id),
  )[type];
  if (!activity) throw new TypeError(`no activity ${type}`);
  return activity.executeWithOptions({ summary: `${step.host}: ${step.title}`.slice(0, 200) }, [
    { ...step.input, ...context },
  ]);
}

function lanes({ order, steps }: Pick<Phase, 'order' | 'steps'>): readonly (readonly Step[])[] {
  if (order === 'in-order') return [steps];
  if (order === 'at-once') return steps.map((step) => [step]);
  const byHost = new Map<string, Step[]>();
  for (const step of steps) byHost.set(step.host, [...(byHost.get(step.host) ?? []), step]);
  return [...byHost.values()];
}

/** A look changes nothing, so it is done, never "already so". */
function isLook({ id }: Step): boolean {
  return id.startsWith('check-') || ['connect', 'gather-facts', 'look-for-snapshots'].includes(id);
}

function changed(result: StepResult | HostFacts): boolean {
  return 'changed' in result && result.changed;
}

function told(result: StepResult | HostFacts): string {
  return 'summary' in result
    ? result.summary.slice(0, 200)
    : `${result.os.prettyName}, ${result.cpus} CPUs, ${result.memoryMb} MB`;
}
