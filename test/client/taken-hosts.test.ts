import { describe, expect, it } from 'vitest';
import { sharedHosts } from '../../client/taken-hosts.ts';
import { clusterOf, exampleText } from '../cluster/example.ts';

describe('hosts of another cluster', () => {
  const text = exampleText('twelve-hosts');
  const demo = clusterOf(text);

  it('are those behind the same bastion at the same address, whatever they are called', () => {
    const prod = clusterOf(text.replace('cluster: demo', 'cluster: prod').replaceAll('worker-1', 'node-1'));
    expect(sharedHosts(demo, prod)).toHaveLength(11);
    expect(sharedHosts(demo, prod)).toContain('worker-1 (10.0.0.41) of demo');
  });

  it('are those that go by the same address in any way, each once', () => {
    const moved = clusterOf(
      text
        .replace('cluster: demo', 'cluster: prod')
        .replaceAll(/address: (10\.0\.0\.(?!5,|10[01])(\d+))/g, 'address: 172.16.0.$2, ip: $1'),
    );
    expect(sharedHosts(demo, moved)).toHaveLength(11);
    expect(sharedHosts(moved, demo)).toContain('worker-1 (172.16.0.41) of prod');
  });

  it('are none where another bastion leads to another network of the same addresses, and none for a shared bastion', () => {
    const elsewhere = clusterOf(text.replace('address: 10.0.0.5,', 'address: 172.16.0.5,'));
    expect(sharedHosts(demo, elsewhere)).toEqual([]);
    const sharing = clusterOf(text.replaceAll(/10\.0\.0\.(?!5,)/g, '10.0.9.'));
    expect(sharedHosts(demo, sharing)).toEqual([]);
  });
});
