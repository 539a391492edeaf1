import { expect, test } from 'vitest';
import type { ChangeStatus, StepStatus } from '../../cluster/status.ts';
import { currentDetails } from '../../workflows/current-details.ts';

const status = (hosts: number, waiting: number): ChangeStatus => {
  const name = (i: number) => `worker-${String(i).padStart(4, '0')}`;
  const steps = Array.from({ length: hosts }, (_, i): StepStatus[] => [
    {
      phase: 'prepare',
      step: 'disable-swap',
      host: name(i),
      state: i >= hosts - waiting ? 'waiting' : 'done',
    },
    { phase: 'prepare', step: 'install-packages', host: name(i), state: 'pending' },
  ]).flat();
  return {
    workflowType: 'bringUp',
    runId: 'r',
    cluster: 'demo',
    state: waiting > 0 ? 'waiting' : 'running',
    phase: 'prepare',
    phases: [{ id: 'prepare', state: 'waiting', done: hosts - waiting, total: hosts * 2 }],
    steps,
    waitingFor: steps
      .filter(({ state }) => state === 'waiting')
      .map(({ phase, step, host }) => ({
        phase,
        step,
        host,
        error: { kind: 'SudoRefused', message: 'x'.repeat(2000), next: 'mend sudoers' },
        commands: [`holdfast retry demo --step ${step} --host ${host}`],
      })),
    refused: [],
    promotion: 'all masters lost = a worker is promoted',
  };
};

test('hosts × steps and what a person should do stand in the details', () => {
  const now = status(2, 1);
  expect(currentDetails(now, now.steps)).toMatchInlineSnapshot(`
    "### worker-0001 waits: disable-swap

    \`\`\`
    xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx
    \`\`\`

    mend sudoers

    \`\`\`
    holdfast retry demo --step disable-swap --host worker-0001
    \`\`\`

    **waiting**

    | phase | steps |
    |---|---|
    | ⏸ prepare | 1/4 |

    #### prepare

    | host | disable-swap | install-packages |
    |---|---|---|
    | worker-0001 | ⏸ | · |
    | worker-0000 | ✔ | · |

    all masters lost = a worker is promoted

    ✔ done = already so ▶ running ⏸ waits for a person ⤼ skipped"
  `);
});

test('a thousand hosts, a hundred of them waiting, stay within Temporal’s 20,000 bytes, and who waits comes first', () => {
  const now = status(1000, 100);
  const text = currentDetails(now, now.steps);
  expect(Buffer.byteLength(text)).toBeLessThanOrEqual(20_000);
  expect(text).toContain('### worker-0900 waits: disable-swap');
  expect(text).toContain('… and 80 more steps wait.');
  expect(text).toContain('more hosts.');
});
