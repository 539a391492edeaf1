import { expect } from 'vitest';
import { unhurried, until } from './holdfast.ts';
import { failoverOf } from './promotion.ts';
import type { StoryLab } from './story-lab.ts';

/** Every promoted worker node is a worker node alone again, as a person would have it: the next story begins as this did. */
export async function demoted(lab: StoryLab): Promise<void> {
  const { promoted = [] } = (await failoverOf(lab)) ?? {};
  for (const host of promoted) {
    const { code, stdout, stderr } = await lab.holdfast.run(
      ['demote', lab.name, '--host', host, '--reason', 'the masters serve again', '--yes'],
      10,
    );
    expect({ code, stdout, stderr }).toMatchObject({ code: 0 });
  }
  await until(
    'no worker node is promoted',
    2,
    () => failoverOf(lab),
    (status) => status?.promoted.length === 0,
    unhurried,
  );
}
