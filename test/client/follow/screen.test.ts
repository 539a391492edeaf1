import { stripVTControlCharacters } from 'node:util';
import { expect, test } from 'vitest';
import { duration, screen } from '../../../client/follow/screen.ts';
import { halfWay } from './status-fixture.ts';

const frame = { pending: [], link: 'http://ui/run-1', seconds: 75, rows: 40 };

test('a picture shows phases, who is at what, the playbook’s progress and who is waited for', () => {
  const progress = {
    done: 30,
    total: 60,
    task: 'kubeadm : Join',
    play: 'Add nodes',
    failedHosts: ['worker-2'],
  };
  expect(stripVTControlCharacters(screen({ ...frame, status: { ...halfWay, progress } })))
    .toMatchInlineSnapshot(`
    "demo  waiting  1 m 15 s  http://ui/run-1
    ✔ connect                2/2
    ⏸ prepare                1/4  master-1 install-packages
    · kubernetes             0/1
      ███████████████░░░░░░░░░░░░░░░ 50 %  30/60 tasks
      Add nodes › kubeadm : Join
      failed on: worker-2
    worker-1 waits: disable-swap: SudoRefused: sudo wants a password
        ran: swapoff -a, exit code 1
        | sudo: a password is required
        Set ssh.sudo.passwordFile.
        $ holdfast retry demo --step disable-swap --host worker-1"
  `);
});

test('a promotion says that it is one, and its own phases are shown', () => {
  const at = (phase: string, step: string, state: 'done' | 'running' | 'pending') =>
    ({ phase, step, host: 'worker-1', state }) as const;
  const status = {
    ...halfWay,
    workflowType: 'promote',
    state: 'running',
    phases: [
      { id: 'restore', state: 'done', done: 3, total: 3 },
      { id: 'control-plane', state: 'running', done: 1, total: 3 },
      { id: 'tidy', state: 'pending', done: 0, total: 7 },
    ],
    steps: [
      at('control-plane', 'start-control-plane', 'done'),
      at('control-plane', 'check-api-server', 'running'),
      at('tidy', 'remove-lost-nodes', 'pending'),
    ],
    waitingFor: [],
  } as const;
  expect(stripVTControlCharacters(screen({ ...frame, status })).split('\n')).toEqual([
    'demo promote  running  1 m 15 s  http://ui/run-1',
    '✔ restore                3/3',
    '▶ control-plane          1/3  worker-1 check-api-server',
    '· tidy                   0/7',
  ]);
});

test('a picture never has more lines than the terminal', () => {
  const [waiting] = halfWay.waitingFor;
  const many = {
    ...halfWay,
    waitingFor: Array.from({ length: 50 }, () => waiting as NonNullable<typeof waiting>),
  };
  expect(screen({ ...frame, status: many, rows: 20 }).split('\n')).toHaveLength(18);
});

test('durations read as a person says them', () => {
  expect([0, 59, 60, 3725].map(duration)).toEqual(['0 s', '59 s', '1 m 0 s', '62 m 5 s']);
});
