import { describe, expect, test } from 'vitest';
import type { Picture } from '../../../cluster/failover/picture.ts';
import { Watch, type World, masters, members, pictureOf, points } from './scenes.ts';

/** What a failure looks like to the watcher, from its first second to its end, and what is decided: the table. */
const minute = 60_000;
const decisions = (watch: Watch) => watch.story.map(([, what]) => what);
const calmAgain = { decision: { do: 'nothing' }, degraded: [] };

describe('one master', () => {
  test('powered off: clients are carried by the others, and nothing is decided', () => {
    const watch = new Watch()
      .see({}, minute)
      .see({ masters: { 'master-1': 'off' }, leases: ['10.0.0.31', '10.0.0.32', '10.0.0.33'] }, 12_000)
      .see({ off: ['master-1'] }, 60 * minute);
    expect(decisions(watch)).toEqual(['nothing']);
    expect(watch.last.degraded[0]).toMatch(/^master-1 is lost/);
    expect(watch.see({}, minute).last).toMatchObject(calmAgain);
  });

  test('its API server SIGSTOPped: it is healed, and serves again', () => {
    const watch = new Watch()
      .see({}, minute)
      .see({ masters: { 'master-1': 'api-hangs' }, leases: ['10.0.0.31', '10.0.0.32', '10.0.0.33'] }, 10_000)
      .see({ masters: { 'master-1': 'api-hangs' } }, 8000)
      .see({}, minute);
    expect(decisions(watch)).toEqual(['nothing', 'heal api-server master-1', 'nothing']);
    expect(watch.last).toMatchObject(calmAgain);
  });
});

describe('all three masters', () => {
  /** Off one second after the other; the last lease goes some 10 s after its server. */
  const dying = (others: World = {}) => {
    const off = others.off ?? [];
    return new Watch()
      .see({}, minute)
      .see({ off: [...off, 'master-1'], leases: ['10.0.0.31', '10.0.0.32', '10.0.0.33'] }, 1000)
      .see({ off: [...off, 'master-1', 'master-2'], leases: ['10.0.0.31', '10.0.0.32', '10.0.0.33'] }, 1000)
      .see({ off: [...off, ...masters], leases: ['10.0.0.31', '10.0.0.32', '10.0.0.33'] }, 8000)
      .see({ off: [...off, ...masters], leases: ['10.0.0.32', '10.0.0.33'] }, 1000)
      .see({ off: [...off, ...masters], leases: ['10.0.0.33'] }, 1000);
  };

  test('powered off: the candidate is promoted as soon as the last lease is gone', () => {
    const watch = dying().see({ off: masters, leases: [] }, 10_000);
    expect(watch.story).toEqual([
      [0, 'nothing'],
      [minute + 12_000, 'promote worker-1'],
    ]);
  });

  test('and one etcd member: as above', () => {
    const watch = dying({ off: ['etcd-3'] }).see({ off: [...masters, 'etcd-3'], leases: [] }, 10_000);
    expect(watch.story).toEqual([
      [0, 'nothing'],
      [minute + 12_000, 'promote worker-1'],
    ]);
  });

  test('frozen looks the same', () => {
    const frozen = Object.fromEntries(masters.map((name) => [name, 'off' as const]));
    expect(new Watch().see({ masters: frozen, leases: [] }, 10_000).last.decision.do).toBe('promote');
  });

  test('and the old masters return: they serve, and are marked again', () => {
    const watch = dying().see({ off: masters, leases: [] }, 10_000);
    const worker1 = { name: 'worker-1', address: '10.0.0.41' };
    const { situation } = watch;
    watch.situation = { ...situation, controlPlane: [...situation.controlPlane, worker1], candidates: [] };
    watch.memory = { ...watch.memory, promotionEnded: watch.now };
    const back = pictureOf({ leases: ['10.0.0.31', '10.0.0.32', '10.0.0.33', '10.0.0.41'] });
    const views = Object.entries(back.vantagePoints).map(([name, view]) => [
      name,
      view && { ...view, api: { ...view.api, 'worker-1': 'ready' as const } },
    ]);
    const bare = { ready: true, controlPlane: false };
    const seen: Picture = {
      ...back,
      vantagePoints: Object.fromEntries(views) as Picture['vantagePoints'],
      nodes: {
        'master-1': bare,
        'master-2': bare,
        'master-3': bare,
        'worker-1': { ready: true, controlPlane: true },
      },
    };
    const from = watch.moments.length;
    watch.see(seen, 20_000);
    expect(
      watch.moments.slice(from).flatMap(({ decision }) => (decision.do === 'heal' ? [decision.host] : [])),
    ).toEqual(masters);
  });

  test('their kubelets and API servers down on hosts that live: healed, then a person; never a promotion', () => {
    const ended = Object.fromEntries(masters.map((name) => [name, 'api-ended' as const]));
    const watch = new Watch().see({ masters: ended, leases: [] }, 24 * 60 * minute);
    expect(new Set(decisions(watch).map((what) => what.split(' ')[0]))).toEqual(
      new Set(['nothing', 'heal', 'wait']),
    );
    expect(watch.last.waitingFor).toMatchObject({
      reason: 'api-down',
      help: expect.arrayContaining(['holdfast retry demo']) as unknown,
    });
  });

  test('all SIGSTOPped: the same', () => {
    const hung = Object.fromEntries(masters.map((name) => [name, 'api-hangs' as const]));
    const watch = new Watch().see({ masters: hung, leases: [] }, 10 * minute);
    expect(watch.moments.some(({ decision }) => decision.do === 'promote')).toBe(false);
    expect(watch.last.waitingFor?.reason).toBe('api-down');
  });
});

describe('the watcher', () => {
  test('whose own network is cut for two minutes promotes nobody, and all is as before', () => {
    const watch = new Watch().see({}, minute);
    for (let i = 0; i < 8; i += 1) {
      watch.observe(undefined);
      watch.now += 15_000;
    }
    expect(watch.last.decision).toMatchObject({ do: 'wait', reason: 'blind' });
    expect(watch.see({}, minute).last).toMatchObject(calmAgain);
    expect(decisions(watch)).toEqual(['nothing', 'wait blind', 'nothing']);
  });

  test('with the bastion off sees nothing: it says so within twenty seconds, and all is as before', () => {
    const nothing: Picture = {
      vantagePoints: Object.fromEntries(points.map((name) => [name, null])),
      balancers: { 'lb-1': null, 'lb-2': null },
      etcd: Object.fromEntries(members.map((name) => [name, null])),
      nodes: null,
      nfs: null,
    };
    const watch = new Watch().see({}, minute).see(nothing, 10 * minute);
    expect(watch.story).toEqual([
      [0, 'nothing'],
      [minute + 20_000, 'wait blind'],
    ]);
    expect(watch.last.degraded).toContain('bastion-1 is not heard from');
    expect(watch.see({}, minute).last).toMatchObject(calmAgain);
  });

  test.each([
    ['bastion and load balancers cut off together from the masters', 0],
    ['one master of them off as well', 1],
  ])('%s: their leases live, so nobody is promoted and a person is called', (_, dead) => {
    const cut = { cutOff: points, off: masters.slice(0, dead) };
    const watch = new Watch().see({}, minute).see(cut, 2 * minute);
    expect(watch.story).toEqual([
      [0, 'nothing'],
      [minute + 40_000, 'wait blind'],
    ]);
    expect(watch.see({}, minute).last).toMatchObject(calmAgain);
  });

  test('cut off with its load balancers from etcd as well sees nobody’s lease', () => {
    const picture = pictureOf({ cutOff: points });
    const seen = { ...picture, etcd: Object.fromEntries(members.map((name) => [name, null])) };
    expect(decisions(new Watch().see(seen, 10 * minute))).not.toContain('promote worker-1');
  });

  test('that was held up by a second a look goes on confirming, by six seconds begins anew', () => {
    const picture = pictureOf({ off: masters, leases: [] });
    const looks = (every: number) => {
      const watch = new Watch();
      for (let at = 0; at <= 60_000; at += every) watch.observe({ picture, since: at, until: at });
      return watch.moments.find(({ decision }) => decision.do === 'promote')?.at;
    };
    expect(looks(1000)).toBe(10_000);
    // Of each gap the time between two looks counts: 1.5 of 4 s.
    expect(looks(4000)).toBe(28_000);
    expect(looks(6000)).toBeUndefined();
  });
});

describe('etcd', () => {
  test('without quorum: a person is called, with the command, and nothing is promoted', () => {
    const watch = new Watch().see({}, minute).see({ off: ['etcd-1', 'etcd-2'] }, 60 * minute);
    expect(watch.story).toEqual([
      [0, 'nothing'],
      [minute + 25_000, 'wait etcd-no-quorum'],
    ]);
    expect(watch.last.decision).toHaveProperty('help', expect.arrayContaining(['holdfast restore demo']));
  });

  test('without quorum and all masters off: the same', () => {
    const watch = new Watch().see({}, minute).see({ off: [...masters, 'etcd-1', 'etcd-2'] }, 60 * minute);
    expect(decisions(watch)).toEqual(['nothing', 'wait etcd-no-quorum']);
  });

  test('that elects a leader troubles nobody', () => {
    const watch = new Watch().see({}, minute).see({ etcdDown: members }, 3000).see({}, minute);
    expect(decisions(watch)).toEqual(['nothing']);
    expect(watch.moments.every(({ degraded }) => degraded.length === 0)).toBe(true);
  });
});

test('the NFS server off for two minutes and back: it is named, and nothing is decided', () => {
  const watch = new Watch().see({}, minute).see({ nfs: false }, 2 * minute);
  expect(watch.last.degraded).toEqual(['the NFS server does not answer']);
  expect(watch.see({}, minute).last).toMatchObject(calmAgain);
  expect(decisions(watch)).toEqual(['nothing']);
});

test('the load balancer that holds the address off, its haproxy killed: the other carries it, and what lives is healed', () => {
  const off = new Watch().see({}, minute).see({ off: ['lb-1'] }, 10 * minute);
  expect(decisions(off)).toEqual(['nothing']);
  const killed = new Watch()
    .see({}, minute)
    .see({ haproxyDown: ['lb-1'] }, 11_000)
    .see({}, minute);
  expect(decisions(killed)).toEqual(['nothing', 'heal load-balancer lb-1', 'nothing']);
});

test('a quiet hour is watched in one piece', () => {
  const watch = new Watch().see({}, 60 * minute);
  expect(watch.moments).toHaveLength(2);
  expect(watch.last).not.toHaveProperty('againInMs');
});
