import { expect, test } from 'vitest';
import { PlainLines } from '../../../client/follow/plain.ts';
import { halfWay } from './status-fixture.ts';

test('the first look tells what has ended and who waits; the same look again tells nothing', () => {
  const plain = new PlainLines();
  expect(plain.lines(halfWay, [])).toMatchInlineSnapshot(`
    [
      "phase connect: done (2/2)",
      "phase prepare: waiting (1/4)",
      "  master-1       connect                    done: ubuntu@10.0.0.31",
      "  worker-1       connect                    done",
      "  master-1       disable-swap               already-so: no swap",
      "worker-1 waits: disable-swap: SudoRefused: sudo wants a password",
      "    ran: swapoff -a, exit code 1",
      "    | sudo: a password is required",
      "    Set ssh.sudo.passwordFile.",
      "    $ holdfast retry demo --step disable-swap --host worker-1",
    ]
  `);
  expect(plain.lines(halfWay, [])).toEqual([]);
});

test('a step that fails again in another way is told again, one that goes on waiting is not', () => {
  const plain = new PlainLines();
  plain.lines(halfWay, []);
  const [waiting] = halfWay.waitingFor;
  if (!waiting) throw new Error('the fixture waits');
  const again = {
    ...halfWay,
    waitingFor: [{ ...waiting, error: { ...waiting.error, message: 'disk full' } }],
  };
  expect(plain.lines(again, []).join('\n')).toContain('disk full');
  expect(plain.lines(again, [])).toEqual([]);
});

test('the playbook is told at every tenth, and each new attempt of a step once', () => {
  const plain = new PlainLines();
  plain.lines(halfWay, []);
  const at = (done: number, attempt: number) =>
    plain.lines(
      { ...halfWay, progress: { done, total: 100, task: `task ${done}`, play: 'p', failedHosts: [] } },
      [{ activity: 'runKubespray', attempt, lastFailure: 'bastion-1: lost\nmore' }],
    );
  expect(at(1, 1)).toEqual(['  playbook: 1 of 100 tasks: task 1']);
  expect(at(9, 2)).toEqual(['  runKubespray: attempt 2, after: bastion-1: lost']);
  expect(at(10, 2)).toEqual(['  playbook: 10 of 100 tasks: task 10']);
  expect(at(11, 2)).toEqual([]);
});
