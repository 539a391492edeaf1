import type { PhaseId, Plan, Step, StepOf } from './plan-types.ts';
import type { StepId } from './steps.ts';

export function step<Id extends StepId>(
  id: Id,
  title: string,
  host: string,
  input: StepOf<Id>['input'],
  others: readonly string[] | 'all' = [],
): Step {
  return { id, title, host, ...(others.length > 0 && { others }), input } as unknown as Step;
}

/** The steps of these kinds in that phase of a plan, in its order. */
export function stepsOf({ phases }: Plan, id: PhaseId, ids: readonly StepId[]): readonly Step[] {
  return (phases.find((phase) => phase.id === id)?.steps ?? []).filter((one) => ids.includes(one.id));
}

/** Each name once, and not the step's own host. */
export function without(names: readonly string[], own: string): string[] {
  return [...new Set(names)].filter((name) => name !== own);
}

/** A step that nobody need be asked about: what it does is done again by another change, or can wait. */
export function optional(one: Step): Step {
  return { ...one, optional: true };
}
