import { describe, expect, it } from 'vitest';
import { sharedHosts, wasBeyondChecks } from '../../client/applied.ts';
import { clusterOf, exampleText } from '../cluster/example.ts';

const step = (phase: string, state: 'pending' | 'done' | 'waiting') =>
  ({ phase, state, step: 'any', host: 'worker-1' }) as const;

describe('the spec applied last', () => {
  it('is none of a change that ended in its checks, and is one whose hosts were touched', () => {
    const checked = [step('connect', 'done'), step('preflight', 'waiting'), step('prepare', 'pending')];
    expect(wasBeyondChecks({ steps: checked })).toBe(false);
    expect(wasBeyondChecks({ steps: [...checked, step('prepare', 'waiting')] })).toBe(true);
    const looked = [step('look', 'done'), step('confirm', 'waiting'), step('stage', 'pending')];
    expect(wasBeyondChecks({ steps: looked })).toBe(false);
    expect(wasBeyondChecks({ steps: [...looked, step('stage', 'done')] })).toBe(true);
  });

  it('is that of a change which was terminated and left no word: it may have touched anything', () => {
    expect(wasBeyondChecks({ steps: [] })).toBe(true);
  });
});

describe('hosts of another cluster', () => {
  const text = exampleText('twelve-hosts');
  const demo = clusterOf(text);

  it('are those behind the same bastion at the same address, whatever they are called', () => {
    const prod = clusterOf(text.replace('cluster: demo', 'cluster: prod').replaceAll('worker-1', 'node-1'));
    expect(sharedHosts(demo, prod)).toHaveLength(11);
    expect(sharedHosts(demo, prod)).toContain('worker-1 (10.0.0.41) of demo');
  });

  it('are none where another bastion leads to another network of the same addresses, and none for a shared bastion', () => {
    const elsewhere = clusterOf(text.replace('address: 10.0.0.5,', 'address: 172.16.0.5,'));
    expect(sharedHosts(demo, elsewhere)).toEqual([]);
    const sharing = clusterOf(text.replaceAll(/10\.0\.0\.(?!5,)/g, '10.0.9.'));
    expect(sharedHosts(demo, sharing)).toEqual([]);
  });
});
