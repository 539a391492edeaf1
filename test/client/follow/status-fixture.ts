import type { ChangeStatus } from '../../../cluster/status.ts';

/** A change of two hosts half way through prepare; `worker-1` waits. */
export const halfWay: ChangeStatus = {
  workflowType: 'bringUp',
  runId: 'run-1',
  cluster: 'demo',
  state: 'waiting',
  phase: 'prepare',
  phases: [
    { id: 'connect', state: 'done', done: 2, total: 2 },
    { id: 'prepare', state: 'waiting', done: 1, total: 4 },
    { id: 'kubernetes', state: 'pending', done: 0, total: 1 },
  ],
  steps: [
    { phase: 'connect', step: 'connect', host: 'master-1', state: 'done', summary: 'ubuntu@10.0.0.31' },
    { phase: 'connect', step: 'connect', host: 'worker-1', state: 'done' },
    { phase: 'prepare', step: 'disable-swap', host: 'master-1', state: 'already-so', summary: 'no swap' },
    { phase: 'prepare', step: 'install-packages', host: 'master-1', state: 'running' },
    { phase: 'prepare', step: 'disable-swap', host: 'worker-1', state: 'waiting' },
    { phase: 'prepare', step: 'install-packages', host: 'worker-1', state: 'pending' },
    { phase: 'kubernetes', step: 'run-kubespray', host: 'bastion-1', state: 'pending' },
  ],
  waitingFor: [
    {
      phase: 'prepare',
      step: 'disable-swap',
      host: 'worker-1',
      error: {
        kind: 'SudoRefused',
        message: 'sudo wants a password',
        command: 'swapoff -a',
        exitCode: 1,
        tail: 'sudo: a password is required\n',
        next: 'Set ssh.sudo.passwordFile.',
      },
      commands: ['holdfast retry demo --step disable-swap --host worker-1'],
    },
  ],
  refused: [],
  promotion: 'all masters lost = a worker is promoted',
};
