import { describe, expect, test } from 'vitest';
import { Watch, type World, masters, pictureOf } from './scenes.ts';

const minute = 60_000;

describe('degraded names what is wrong', () => {
  test.each<[string, World, string[]]>([
    ['nothing', {}, []],
    ['NFS', { nfs: false }, ['the NFS server does not answer']],
    [
      'a master that is off',
      { off: ['master-1'] },
      ['master-1 is lost: silent, and without a lease in etcd', 'not Ready: master-1'],
    ],
    [
      'a master that is cut off from the vantage points',
      { cutOff: ['bastion-1', 'lb-1', 'lb-2'] },
      [
        'master-1 is silent, yet its API server holds a lease in etcd',
        'master-2 is silent, yet its API server holds a lease in etcd',
        'master-3 is silent, yet its API server holds a lease in etcd',
      ],
    ],
    [
      'an API server that ended',
      { masters: { 'master-3': 'api-ended' } },
      ['the API server of master-3 does not answer'],
    ],
    [
      'one that is not ready',
      { masters: { 'master-3': 'api-unready' } },
      ['the API server of master-3 is not ready'],
    ],
    ['haproxy', { haproxyDown: ['lb-2'] }, ['haproxy on lb-2 does not work']],
    ['keepalived', { keepalivedDown: ['lb-2'] }, ['keepalived on lb-2 does not work']],
    [
      'a candidate that is off',
      { off: ['worker-1'] },
      ['not Ready: worker-1', 'worker-1 could not be promoted: it does not answer over SSH'],
    ],
    ['an etcd member', { etcdDown: ['etcd-1'] }, ['etcd on etcd-1 takes no part in the quorum']],
    ['a vantage point', { unheard: ['lb-2'] }, ['lb-2 is not heard from']],
  ])('%s', (_, world, words) => {
    expect(new Watch().see(world, 9000).last.degraded).toEqual(words);
  });

  test('two load balancers that hold one address, and none that does', () => {
    const picture = pictureOf({});
    const holding = (holds: readonly ['internal'?]) => ({
      ...picture,
      balancers: Object.fromEntries(
        ['lb-1', 'lb-2'].map((name) => [
          name,
          { haproxy: true, keepalived: true, holds: holds.filter((one) => one !== undefined) },
        ]),
      ),
    });
    expect(new Watch().see(holding(['internal']), 9000).last.degraded).toEqual([
      'lb-1 and lb-2 both hold the internal address',
    ]);
    expect(new Watch().see(holding([]), 9000).last.degraded).toEqual([
      'no load balancer holds the internal address',
    ]);
  });

  test('of many nodes five', () => {
    const picture = pictureOf({});
    const many = Array.from({ length: 500 }, (_, i) => [
      `node-${i + 100}`,
      { ready: false, controlPlane: false },
    ]);
    const nodes = { ...picture.nodes, ...(Object.fromEntries(many) as typeof picture.nodes) };
    expect(new Watch().see({ ...picture, nodes }, 9000).last.degraded).toEqual([
      'not Ready: node-100, node-101, node-102, node-103, node-104 and 495 more',
    ]);
  });

  test('a candidate that could not be promoted, and why', () => {
    const readiness = {
      'worker-1': { problem: 'images', why: 'kube-scheduler is missing' },
      'worker-2': {},
    } as const;
    expect(new Watch({ readiness }).see({}, 9000).last.degraded).toEqual([
      'worker-1 could not be promoted: kube-scheduler is missing',
    ]);
  });
});

describe('nobody is told of a flicker', () => {
  test('what lasts less than five seconds is not said, over an hour', () => {
    const watch = new Watch();
    for (let at = 0; at < 60 * minute; at += 20_000)
      watch
        .see({ nfs: false, unheard: ['bastion-1'], masters: { 'master-1': 'api-unready' } }, 4900)
        .see({}, 5000)
        .see({ etcdDown: ['etcd-1'], haproxyDown: ['lb-1'], unheard: ['lb-1', 'lb-2'] }, 4900)
        .see({}, 5200);
    expect(watch.story).toEqual([[0, 'nothing']]);
    expect(watch.moments.every(({ degraded }) => degraded.length === 0)).toBe(true);
  });

  test('what was said is said until it has been well for fifteen seconds', () => {
    const watch = new Watch().see({ nfs: false }, 60 * minute);
    for (let i = 0; i < 10; i += 1) watch.see({}, 14_000).see({ nfs: false }, 100);
    expect(watch.moments.filter(({ at }) => at >= 5000).every(({ degraded }) => degraded.length === 1)).toBe(
      true,
    );
    expect(watch.see({}, 14_999).last.degraded).toHaveLength(1);
    expect(watch.see({}, 1).last.degraded).toEqual([]);
  });

  test('a person who was called is asked for until it has been well for half a minute', () => {
    const watch = new Watch().see({ off: ['etcd-1', 'etcd-2'] }, 60 * minute).see({}, 29_999);
    expect(watch.last.decision).toHaveProperty('reason', 'etcd-no-quorum');
    expect(watch.see({}, 1).last.decision).toEqual({ do: 'nothing' });
  });

  test('an alarm of etcd calls a person after five seconds, and nobody is promoted: no lease is renewed then', () => {
    const world = { alarms: ['NOSPACE'], leases: [] };
    const watch = new Watch().see(world, minute);
    expect(watch.story).toEqual([
      [0, 'nothing'],
      [5000, 'wait etcd-alarm'],
    ]);
    expect(watch.last.degraded).toEqual([
      'etcd has raised the alarm NOSPACE: its database is full, and no write is taken',
    ]);
    const off = Object.fromEntries(masters.map((name) => [name, 'off' as const]));
    watch.see({ ...world, masters: off }, 60 * minute);
    expect(watch.moments.some(({ decision }) => decision.do === 'promote')).toBe(false);
    expect(watch.last.waitingFor?.reason).toBe('etcd-alarm');
  });

  test('a database that nears its quota is said, and calls nobody', () => {
    const { degraded, decision } = new Watch().see({ fills: true }, minute).last;
    expect(degraded).toEqual(['the database of etcd takes more than 80 % of its quota']);
    expect(decision).toEqual({ do: 'nothing' });
  });

  test('members of etcd that follow different leaders are told once no election explains it, and nobody is promoted', () => {
    const parted = { leaders: { 'etcd-2': 'etcd-3', 'etcd-3': 'etcd-3' } };
    const watch = new Watch({ rules: 7 }).see(parted, 15_000);
    expect(watch.last.degraded).toEqual([]);
    expect(watch.see(parted, minute).last.degraded).toEqual([
      'etcd is more than one cluster: etcd-1 leads etcd-1; etcd-3 leads etcd-2, etcd-3',
    ]);
    expect(watch.see({}, minute).last.degraded).toEqual([]);
    const off = Object.fromEntries(masters.map((name) => [name, 'off' as const]));
    // The lease that master-1 still holds stands in one of the two alone.
    const picture = pictureOf({ ...parted, masters: off, leases: ['10.0.0.31'] });
    for (const host of ['etcd-2', 'etcd-3']) Object.assign(picture.etcd[host] ?? {}, { leases: [] });
    watch.see(picture, 10 * minute);
    expect(watch.moments.some(({ decision }) => decision.do === 'promote')).toBe(false);
  });

  test('one failed watch changes no word, the second in a row calls a person', () => {
    const watch = new Watch().see({ off: ['etcd-1', 'etcd-2'] }, minute);
    const before = watch.last;
    expect(watch.observe(undefined)).toMatchObject({ decision: before.decision, degraded: before.degraded });
    watch.see({ off: ['etcd-1', 'etcd-2'] }, 60 * minute);
    const said = watch.moments.filter(({ at }) => at >= minute).map(({ waitingFor }) => waitingFor?.reason);
    expect(new Set(said)).toEqual(new Set(['etcd-no-quorum']));

    watch.see({}, 10 * minute);
    expect(watch.observe(undefined).decision).toEqual({ do: 'nothing' });
    expect(watch.observe(undefined)).toMatchObject({
      decision: { do: 'wait', reason: 'blind' },
      degraded: ['the watch fails, so nothing is seen'],
    });
    expect(watch.see({}, minute).last).toMatchObject({ decision: { do: 'nothing' }, degraded: [] });
  });
});

test('what is told holds no figure that moves, so the same words stand for as long as nothing changes', () => {
  const worlds: World[] = [
    { off: masters, leases: ['10.0.0.31'] },
    { off: ['etcd-1', 'etcd-2'] },
    { masters: { 'master-1': 'api-ended' } },
    { unheard: ['bastion-1', 'lb-1'] },
  ];
  for (const world of worlds) {
    const watch = new Watch().see(world, 10 * minute);
    const late = watch.moments.filter(({ at }) => at > 5.5 * minute);
    watch.see(world, 120 * minute);
    const whys = [...late, ...watch.moments.filter(({ at }) => at > 5.5 * minute)].map(
      ({ waitingFor }) => waitingFor?.why,
    );
    expect(new Set(whys).size).toBe(1);
  }
});
