import type { FailoverStatus } from '../../../cluster/failover/status.ts';

const seesAll = { internal: 'ready', external: 'ready' } as const;

/** master-1 is switched off; what is seen is not in it. */
export const unseen: FailoverStatus = {
  workflowType: 'failover',
  runId: 'run-1',
  cluster: 'demo',
  state: 'degraded',
  since: '2026-11-25T03:00:00.000Z',
  degraded: ['master-1 is lost: no SSH, no API, its lease in etcd has run out'],
  controlPlane: ['master-1', 'master-2'],
  promoted: [],
  forgotten: ['master-3'],
  candidates: {
    'worker-1': {},
    'worker-2': { problem: 'images', why: 'kube-apiserver is missing' },
    'worker-3': null,
  },
  decision: { do: 'nothing' },
  events: [
    { at: '2026-11-25T02:59:00.000Z', what: 'watching' },
    { at: '2026-11-25T03:00:00.000Z', what: 'master-1 is lost' },
  ],
  refused: [{ signal: 'resume', why: 'it is not paused' }],
};

/** Two of three vantage points see master-1 silent, the third was not heard from. */
export const masterOff: FailoverStatus = {
  ...unseen,
  picture: {
    vantagePoints: {
      'bastion-1': {
        ssh: { 'lb-1': true, 'lb-2': true, 'master-1': false, 'master-2': true, 'worker-1': true },
        api: { 'master-1': 'silent', 'master-2': 'ready', 'worker-1': 'refused' },
        addresses: seesAll,
      },
      'lb-1': {
        ssh: { 'lb-2': true, 'master-1': false, 'master-2': false, 'worker-1': true },
        api: { 'master-1': 'silent', 'master-2': 'unready', 'worker-1': 'refused' },
        addresses: { internal: 'ready' },
      },
      'lb-2': null,
    },
    balancers: {
      'lb-1': { haproxy: true, keepalived: false, holds: ['internal', 'external'] },
      'lb-2': null,
    },
    etcd: {
      'etcd-1': { healthy: true, leader: 'etcd-1', leases: ['10.0.0.32'] },
      'etcd-2': { healthy: false, leader: '', leases: null },
      'etcd-3': null,
    },
    nodes: {
      'master-1': { ready: false, controlPlane: true },
      'master-2': { ready: true, controlPlane: true },
      'worker-1': { ready: true, controlPlane: false },
    },
    nfs: false,
  },
  pictureSince: '2026-11-25T03:00:10.000Z',
  backup: { newest: '2026-11-25T00:00:00.000Z' },
};

export const waiting: FailoverStatus = {
  ...masterOff,
  decision: { do: 'wait', reason: 'approval', why: 'all control-plane nodes are lost', help: [] },
  waitingFor: {
    do: 'wait',
    reason: 'approval',
    why: 'all control-plane nodes are lost and failover.mode is manual',
    help: ["holdfast approve demo --reason '…'"],
  },
};
