import { describe, expect, it } from 'vitest';
import { plan } from '../../../cluster/plan.ts';
import { clusterOf } from '../example.ts';
import { edited } from '../edited.ts';

interface Loose {
  hosts: unknown[];
  ssh: Record<string, string>;
  kubernetes: { podCidr: string };
}

describe('a spec of as many hosts as there may be', () => {
  it('is read and planned, names each host’s connection once, and what a change is started with fits into a payload', () => {
    const spec = edited((s: Loose) => {
      s.kubernetes.podCidr = '10.64.0.0/12';
      s.ssh = {
        user: 'ubuntu',
        identityFile: '/home/operator/.ssh/id_ed25519',
        knownHosts: '/home/operator/clusters/known_hosts',
      };
      for (let i = s.hosts.length; i < 800; i += 1)
        s.hosts.push({ name: `worker-${i}`, address: `10.1.${i >> 8}.${i & 255}`, roles: ['worker'] });
    });
    const cluster = clusterOf(spec);
    const made = plan(cluster);
    expect(Object.keys(made.targets)).toHaveLength(800);
    // Temporal's limit (blobSizeLimitError).
    expect(JSON.stringify({ spec: cluster, plan: made }).length).toBeLessThan(2 * 1024 * 1024);
  });
});
