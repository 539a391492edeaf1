import { describe, expect, it } from 'vitest';
import { plan } from '../../../cluster/plan.ts';
import { clusterOf } from '../example.ts';
import { edited } from '../edited.ts';

describe('a spec of a thousand hosts', () => {
  it('is read and planned, and its plan names each host’s connection once', () => {
    const spec = edited((s: { hosts: unknown[] }) => {
      for (let i = 0; i < 1000; i += 1)
        s.hosts.push({ name: `node-${i}`, address: `10.1.${i >> 8}.${i & 255}`, roles: ['worker'] });
    });
    const made = plan(clusterOf(spec));
    expect(Object.keys(made.targets)).toHaveLength(1012);
    // One payload of Temporal's carries 2 MB.
    expect(JSON.stringify(made).length).toBeLessThan(2_000_000);
  });
});
