import { describe, expect, it } from 'vitest';
import type { Answers } from '../../../client/init/answers.ts';
import { missing } from '../../../client/init/answers.ts';
import { renderSpec } from '../../../client/init/render-spec.ts';
import { clusterOf, mistakesOf } from '../../cluster/example.ts';

const recipients = [
  'age1lqdagee44z0tdt94thq6l0r9vgj4jzmszpdh8xc09ed4vg7lsykq43744w',
  'age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p',
];
const answers: Answers = {
  cluster: 'main',
  user: 'ubuntu',
  bastion: '10.0.0.5',
  loadBalancers: ['10.0.0.11', '10.0.0.12'],
  etcd: ['10.0.0.21', '10.0.0.22', '10.0.0.23'],
  controlPlane: ['10.0.0.31', '10.0.0.32', '10.0.0.33'],
  workers: ['10.0.0.41', '10.0.0.42'],
  internalAddress: '10.0.0.100',
  backupRecipient: recipients.slice(0, 1),
};

describe('the spec that init writes', () => {
  it.each<[string, Partial<Answers>]>([
    ['what is asked', {}],
    ['two recipients', { backupRecipient: recipients }],
    ['an external address', { externalAddress: '10.0.0.101' }],
    ['an NFS server and its path', { nfsServer: '10.0.0.61', nfsPath: '/exported' }],
    ['an NFS server alone', { nfsServer: '10.0.0.61' }],
    [
      'a key, and names that YAML takes for something else',
      { cluster: 'no', identityFile: '~/keys/a, b: c' },
    ],
  ])('is valid with %s', (_, more) => {
    expect(mistakesOf(renderSpec({ ...answers, ...more }))).toEqual([]);
  });

  it('names every recipient', () => {
    const cluster = clusterOf(renderSpec({ ...answers, backupRecipient: recipients }));
    expect(cluster.backup.recipients).toEqual(recipients);
  });
});

it('a recipient is asked for like all else that a spec cannot do without', () => {
  const { backupRecipient, ...others } = answers;
  expect(missing(others)).toEqual(['backup-recipient']);
  expect(missing({ ...others, backupRecipient })).toEqual([]);
});
