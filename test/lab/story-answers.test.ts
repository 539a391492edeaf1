import { execa } from 'execa';
import { expect, it } from 'vitest';
import { answered } from '../stories/support/answered.ts';
import { objects } from '../stories/support/promotion.ts';

/** A bash in which kubectl answers only from its nth call on; until then a request runs over its time. */
function shell(answersFrom: number, answer: string) {
  let calls = 0;
  const on = async (_host: string, script: string) => {
    calls += 1;
    const kubectl =
      calls < answersFrom
        ? 'kubectl() { echo "Unable to connect: net/http: request canceled" >&2; return 1; }'
        : `kubectl() { printf '%s' '${answer}'; }`;
    return (await execa('bash', ['-s'], { input: `${kubectl}\n${script}` })).stdout;
  };
  return { on, calls: () => calls };
}

it("a story's look that failed is asked again and is never taken for a cluster without objects", async () => {
  const { on, calls } = shell(3, 'note-2  uid-2\nkube-root-ca.crt  uid-0\nnote-1  uid-1\n');
  expect(await objects({ on, name: 'stories' })).toBe('note-1  uid-1\nnote-2  uid-2');
  expect(calls()).toBe(3);
});

it("a story's look that found nothing says so at once", async () => {
  const { on, calls } = shell(1, '');
  expect(await objects({ on, name: 'stories' })).toBe('');
  expect(calls()).toBe(1);
});

it('what failed before a pipe is no answer', async () => {
  const { on, calls } = shell(2, 'one');
  expect(await answered(on, 'bastion-1', 'kubectl get configmaps | wc -c')).toBe('3');
  expect(calls()).toBe(2);
});
