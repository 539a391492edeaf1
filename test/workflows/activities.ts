import { Context } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import type { Plan } from '../../cluster/plan-types.ts';
import type { StepId } from '../../cluster/steps.ts';
import { facts } from './world.ts';
import type { Behaviour, Call } from './world.ts';

type Activities = Record<string, (call: Call) => Promise<unknown>>;

/** An activity for each step of the plan, and one that catches, and tells, every other name. */
export function activitiesOf(
  plan: Plan,
  script: Partial<Record<StepId, Behaviour>>,
  calls: string[],
  unknown: string[],
): Activities {
  const ids = [...new Set(plan.phases.flatMap(({ steps }) => steps.map(({ id }) => id)))];
  for (const id of Object.keys(script))
    if (!ids.includes(id as StepId)) throw new Error(`${id} is no step of the plan`);
  const known = ids.map((id) => [
    camel(id),
    async (call: Call) => {
      const { info, cancellationSignal } = Context.current();
      calls.push(
        `${id} ${call.target.name} ${call.job}${info.attempt > 1 ? ` attempt ${info.attempt}` : ''}`,
      );
      const behaviour = script[id] ?? standard(id);
      return behaviour(call, cancellationSignal);
    },
  ]);
  return {
    ...(Object.fromEntries(known) as Activities),
    default: () => {
      const { activityType } = Context.current().info;
      unknown.push(activityType);
      throw ApplicationFailure.nonRetryable(`unknown activity ${activityType}`);
    },
  };
}

function standard(id: StepId): Behaviour {
  if (id === 'gather-facts') return ({ target }) => facts(target.name);
  return () => ({ changed: true, summary: `${id} done` });
}

const camel = (id: string): string => id.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase());
