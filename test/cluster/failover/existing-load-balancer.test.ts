import { describe, expect, test } from 'vitest';
import type { Situation } from '../../../cluster/failover/decision.ts';
import type { Picture } from '../../../cluster/failover/picture.ts';
import { situationOf } from '../../../cluster/failover/situation.ts';
import { besideExisting } from '../existing-load-balancer.ts';
import { Watch, type World, candidates, masters, members, pictureOf } from './scenes.ts';

/** The bastion is the one vantage point: what it sees makes no loss without etcd's word. */
const minute = 60_000;
const leases = ['10.0.0.31', '10.0.0.32', '10.0.0.33'];
const decisions = (watch: Watch) => watch.story.map(([, what]) => what);
const beside: Partial<Situation> = { balancers: [], rules: 7 };

function seen(world: World, more: Partial<Picture> = {}): Picture {
  const picture = pictureOf(world);
  const bastion = picture.vantagePoints['bastion-1'] ?? null;
  return { ...picture, vantagePoints: { 'bastion-1': bastion }, balancers: {}, ...more };
}

/** The address is dead for all who ask. */
function deadAddress(world: World = {}): Picture {
  const picture = seen(world);
  const view = picture.vantagePoints['bastion-1'];
  if (!view) throw new Error('the bastion is heard');
  return { ...picture, vantagePoints: { 'bastion-1': { ...view, addresses: { internal: 'silent' } } } };
}

test('a cluster beside a load balancer that exists has candidates and no balancers', () => {
  const learned = {
    ...{ promoted: [], forgotten: [], joining: [], halfDemoted: [] },
    ...{ readiness: {}, leaveAlone: {} },
  };
  const now = { change: 'none', approved: false, paused: false, rules: 7 } as const;
  expect(situationOf(besideExisting(), learned, now)).toMatchObject({ balancers: [], candidates });
});

describe('beside a load balancer that exists', () => {
  test('all well: nothing is decided, and nothing is degraded', () => {
    const watch = new Watch(beside).see(seen({}), 10 * minute);
    expect(decisions(watch)).toEqual(['nothing']);
    expect(watch.last.degraded).toEqual([]);
  });

  test('all masters off: a candidate is promoted once the last lease is gone', () => {
    const watch = new Watch(beside)
      .see(seen({}), minute)
      .see(seen({ off: masters, leases }), 14_000)
      .see(seen({ off: masters, leases: [] }), 5000);
    expect(decisions(watch)).toEqual(['nothing', 'promote worker-1']);
    expect(watch.story[1]?.[0]).toBeGreaterThanOrEqual(minute + 14_000);
  });

  test('a bastion without a way to the masters promotes nobody while they renew their leases', () => {
    const watch = new Watch(beside)
      .see(seen({}), minute)
      .see(seen({ cutOff: ['bastion-1'] }, { nodes: null }), 10 * minute);
    expect(decisions(watch)).toEqual(['nothing', 'wait blind']);
  });

  test('a bastion without a way to etcd either, or none at all, promotes nobody', () => {
    const etcd = Object.fromEntries(members.map((name) => [name, null]));
    const cut = seen({ cutOff: ['bastion-1'] }, { nodes: null, etcd });
    const gone: Picture = { ...cut, vantagePoints: { 'bastion-1': null } };
    for (const picture of [cut, gone])
      expect(decisions(new Watch(beside).see(seen({}), minute).see(picture, 10 * minute))).toEqual([
        'nothing',
        'wait blind',
      ]);
  });

  test('of two bastions both must see the loss', () => {
    const lost = seen({ off: masters, leases: [] });
    const view = lost.vantagePoints['bastion-1'] ?? null;
    const two = (second: typeof view): Picture => ({
      ...lost,
      vantagePoints: { 'bastion-1': view, 'bastion-2': second },
    });
    expect(decisions(new Watch(beside).see(two(null), 10 * minute))).toEqual(['nothing', 'wait blind']);
    expect(decisions(new Watch(beside).see(two(view), minute))).toContain('promote worker-1');
  });

  test('nobody answers at its address: nothing is healed, and a person is called', () => {
    const watch = new Watch(beside).see(seen({}), minute).see(deadAddress(), 10 * minute);
    expect(decisions(watch)).toEqual(['nothing', 'wait address-silent']);
    expect(watch.last.degraded).toEqual(['nothing answers at the internal address']);
    expect(watch.see(seen({}), 2 * minute).last).toMatchObject({
      decision: { do: 'nothing' },
      degraded: [],
    });
  });

  test('nobody answers there while a change runs, or no API server is ready: that is not the reason', () => {
    const running = new Watch({ ...beside, change: 'running' }).see(deadAddress(), minute);
    expect(decisions(running)).toEqual(['nothing']);
    const ended = { masters: Object.fromEntries(masters.map((name) => [name, 'api-ended'] as const)) };
    const down = new Watch(beside).see(deadAddress(ended), 10 * minute);
    expect(decisions(down)).not.toContain('wait address-silent');
    expect(decisions(down)).toContain('wait api-down');
  });
});

test('nobody answers at the address of holdfast’s own load balancers: they are healed first, as ever', () => {
  const picture = pictureOf({});
  const silent = Object.fromEntries(
    Object.entries(picture.vantagePoints).map(([name, view]) => [
      name,
      view && { ...view, addresses: { internal: 'silent' as const } },
    ]),
  );
  const watch = new Watch({ rules: 7 }).see({ ...picture, vantagePoints: silent }, 10 * minute);
  expect(decisions(watch)).toContain('heal load-balancer lb-1');
  expect(decisions(watch)).not.toContain('wait address-silent');
});
