import { describe, expect, test } from 'vitest';
import type { Situation } from '../../../cluster/failover/decision.ts';
import { type State, Watch, type World, calm, controlPlane, masters, pictureOf } from './scenes.ts';

const minute = 60_000;
const one = (state: State): World => ({ masters: { 'master-2': state }, leases: ['10.0.0.31', '10.0.0.33'] });
const all = (state: State): World => ({
  masters: Object.fromEntries(masters.map((name) => [name, state])),
  leases: [],
});
const heals = (watch: Watch) =>
  watch.moments.flatMap(({ at, decision }) =>
    decision.do === 'heal' ? [[at, `${decision.part} ${decision.host}`] as const] : [],
  );
const healsAnHour = (healsAnHour: number): Pick<Situation, 'policy'> => ({
  policy: { ...calm.policy, healsAnHour },
});

describe('an API server on a host that lives', () => {
  test.each<[State, number]>([
    ['api-ended', 15_000],
    ['api-hangs', 15_000],
    ['api-unready', 60_000],
  ])('%s: is healed after %i ms, not before, and nobody is promoted', (state, after) => {
    const watch = new Watch().see({}, minute).see(one(state), after);
    expect(watch.story).toEqual([
      [0, 'nothing'],
      [minute + after, 'heal api-server master-2'],
    ]);
  });

  test('that flickers begins anew', () => {
    const watch = new Watch();
    for (let i = 0; i < 20; i += 1) watch.see(one('api-ended'), 14_000).see({}, 0);
    expect(watch.story).toEqual([[0, 'nothing']]);
  });

  test('that is ready to one vantage point is left alone', () => {
    const picture = pictureOf(one('api-hangs'));
    const bastion = picture.vantagePoints['bastion-1'] ?? expect.fail();
    const view = { ...bastion, api: { ...bastion.api, 'master-2': 'ready' as const } };
    const watch = new Watch().see(
      { ...picture, vantagePoints: { ...picture.vantagePoints, 'bastion-1': view } },
      10 * minute,
    );
    expect(heals(watch)).toEqual([]);
    expect(watch.last.degraded).toEqual(['the API server of master-2 is ready for some vantage points only']);
  });

  test('is tried three times within the hour, a minute apart; then a person is called, once', () => {
    const watch = new Watch().see(one('api-ended'), 59 * minute);
    expect(heals(watch).map(([at]) => at)).toEqual([15_000, 75_000, 135_000]);
    expect(watch.moments.find(({ decision }) => decision.do === 'wait')?.at).toBe(195_000);
    expect(watch.last.at).toBe(59 * minute);
    expect(watch.last.decision).toMatchObject({
      why: 'master-2 lives and its API server does not answer; 3 attempts to heal it within an hour have not helped',
    });
  });

  test('is tried again as the attempts grow old, and who was called is not called anew', () => {
    const watch = new Watch().see(one('api-ended'), 180 * minute);
    expect(heals(watch).map(([at]) => at)).toEqual([
      15_000, 75_000, 135_000, 3_615_000, 3_675_000, 3_735_000, 7_215_000, 7_275_000, 7_335_000,
    ]);
    const since = watch.moments.filter(({ at }) => at > 195_000);
    expect(new Set(since.map(({ waitingFor }) => waitingFor?.reason))).toEqual(
      new Set(['healing-exhausted']),
    );
  });

  test('is for a person at once where healsAnHour is 0', () => {
    const watch = new Watch(healsAnHour(0)).see(one('api-ended'), minute);
    expect(watch.story).toEqual([
      [0, 'nothing'],
      [15_000, 'wait healing-exhausted'],
    ]);
    expect(watch.last.decision).toHaveProperty('why', expect.stringMatching(/healsAnHour is 0$/));
  });

  test('all of them, by expired certificates or a bad flag: each is healed, then a person is called; never a promotion', () => {
    const watch = new Watch().see(all('api-ended'), 180 * minute);
    expect(watch.moments.some(({ decision }) => decision.do === 'promote')).toBe(false);
    const first = watch.moments.find(({ decision }) => decision.do === 'wait');
    expect(first).toMatchObject({ at: 195_000, decision: { reason: 'api-down' } });
    for (const host of masters) {
      const times = heals(watch)
        .filter(([, what]) => what === `api-server ${host}`)
        .map(([at]) => at);
      for (const at of times)
        expect(times.filter((other) => other > at - 60 * minute && other <= at).length).toBeLessThanOrEqual(
          3,
        );
    }
    expect(heals(watch)).toHaveLength(27);
  });

  test('all of them while failover is paused: no attempt is made, and a person is called after five minutes', () => {
    const watch = new Watch({ paused: true }).see(all('api-ended'), 60 * minute);
    expect(watch.story).toEqual([
      [0, 'nothing'],
      [5 * minute, 'wait api-down'],
    ]);
    expect(watch.moments.length).toBeLessThan(120);
  });

  test('is not healed while etcd has no quorum: it could not be ready', () => {
    expect(heals(new Watch().see({ ...one('api-ended'), off: ['etcd-1', 'etcd-2'] }, 60 * minute))).toEqual(
      [],
    );
  });

  test('that refuses on a host whose SSH is dead is for a person, after five minutes without any', () => {
    const picture = pictureOf(all('api-ended'));
    const vantagePoints = Object.fromEntries(
      Object.entries(picture.vantagePoints).map(([name, view]) => [
        name,
        view && {
          ...view,
          ssh: { ...view.ssh, ...Object.fromEntries(masters.map((host) => [host, false])) },
        },
      ]),
    );
    expect(new Watch().see({ ...picture, vantagePoints }, 10 * minute).story).toEqual([
      [0, 'nothing'],
      [5 * minute, 'wait api-down'],
    ]);
  });
});

describe('what is broken on purpose', () => {
  test('by a drill is left alone until its time, and then healed', () => {
    const watch = new Watch({ leaveAlone: { 'master-2': 2 * minute } }).see(one('api-ended'), 3 * minute);
    expect(heals(watch)[0]).toEqual([2 * minute + 15_000, 'api-server master-2']);
  });

  test('by a change that runs is left alone, and watched anew once it has ended', () => {
    const watch = new Watch({ change: 'running' }).see(one('api-ended'), 10 * minute);
    expect(watch.story).toEqual([[0, 'nothing']]);
    watch.situation = { ...watch.situation, change: 'none' };
    expect(heals(watch.see(one('api-ended'), 15_000))).toEqual([
      [10 * minute + 15_000, 'api-server master-2'],
    ]);
  });

  test('by a change that waits for a person is healed', () => {
    expect(heals(new Watch({ change: 'parked' }).see(one('api-ended'), 15_000))).toHaveLength(1);
  });
});

describe('a load balancer', () => {
  test.each<[string, World]>([
    ['haproxy', { haproxyDown: ['lb-1'] }],
    ['keepalived', { keepalivedDown: ['lb-1'] }],
  ])('whose %s does not work is healed after ten seconds', (unit, world) => {
    const watch = new Watch().see(world, 10_000);
    expect(watch.last.decision).toEqual({
      do: 'heal',
      part: 'load-balancer',
      host: 'lb-1',
      why: `${unit} on lb-1 does not work`,
    });
    expect(watch.last.at).toBe(10_000);
  });

  test('that is off is not', () => {
    const watch = new Watch().see({ off: ['lb-1'] }, 60 * minute);
    expect(watch.story).toEqual([[0, 'nothing']]);
    expect(watch.last.degraded).toContain('lb-1 is not heard from');
  });

  const dead = () => {
    const picture = pictureOf({});
    const vantagePoints = Object.fromEntries(
      Object.entries(picture.vantagePoints).map(([name, view]) => [
        name,
        view && { ...view, addresses: { internal: 'silent' as const } },
      ]),
    );
    return { ...picture, vantagePoints, nodes: null };
  };

  test('that holds an address at which nothing answers is healed first, the other a minute later', () => {
    const watch = new Watch().see(dead(), 5 * minute);
    expect(heals(watch)).toEqual([
      [15_000, 'load-balancer lb-1'],
      [75_000, 'load-balancer lb-1'],
      [135_000, 'load-balancer lb-1'],
      [195_000, 'load-balancer lb-2'],
      [255_000, 'load-balancer lb-2'],
    ]);
    expect(watch.last.degraded).toContain('nothing answers at the internal address');
  });

  test('whose address answers one vantage point is not', () => {
    const picture = dead();
    const bastion = picture.vantagePoints['bastion-1'] ?? expect.fail();
    const view = { ...bastion, addresses: { internal: 'ready' as const } };
    const seen = { ...picture, vantagePoints: { ...picture.vantagePoints, 'bastion-1': view } };
    expect(heals(new Watch().see(seen, 60 * minute))).toEqual([]);
  });

  test('that a drill breaks keeps the other from being blamed for the address', () => {
    const watch = new Watch({ leaveAlone: { 'lb-2': 10 * minute } }).see(dead(), 5 * minute);
    expect(heals(watch)).toEqual([]);
  });
});

describe('an etcd member', () => {
  test('that is ill while the others have the quorum is healed after fifteen seconds', () => {
    const watch = new Watch().see({ etcdDown: ['etcd-2'] }, 15_000);
    expect(watch.story).toEqual([
      [0, 'nothing'],
      [15_000, 'heal etcd etcd-2'],
    ]);
  });

  test('that is not heard from is not: it may be well', () => {
    const watch = new Watch().see({ off: ['etcd-2'] }, 60 * minute);
    expect(watch.story).toEqual([[0, 'nothing']]);
    expect(watch.last.degraded).toContain('etcd on etcd-2 is not heard from');
  });

  test('is healed before a person is called for the quorum, where the hosts for one live', () => {
    const watch = new Watch().see({ etcdDown: ['etcd-1', 'etcd-2'] }, 30_000);
    expect(heals(watch)).toEqual([
      [15_000, 'etcd etcd-1'],
      [15_001, 'etcd etcd-2'],
      [15_002, 'etcd etcd-3'],
    ]);
    expect(watch.last.decision).toMatchObject({ do: 'wait', reason: 'etcd-no-quorum' });
    expect(new Watch().see({ etcdDown: ['etcd-1', 'etcd-2'] }, 20_000).see({}, minute).last.decision).toEqual(
      {
        do: 'nothing',
      },
    );
  });

  test('is not where too few hosts live: that would not bring the quorum back', () => {
    const watch = new Watch().see({ off: ['etcd-1', 'etcd-2'] }, 60 * minute);
    expect(heals(watch)).toEqual([]);
    const drill = new Watch({ leaveAlone: { 'etcd-1': 120 * minute, 'etcd-2': 120 * minute } });
    expect(heals(drill.see({ etcdDown: ['etcd-1', 'etcd-2'] }, 60 * minute))).toEqual([]);
  });
});

describe('a node that is none any more', () => {
  const absent = (world: World = {}) => {
    const { nodes, ...picture } = pictureOf(world);
    const others = Object.entries(nodes ?? {}).filter(([name]) => name !== 'master-3');
    return { ...picture, nodes: nodes && Object.fromEntries(others) };
  };

  test('registers when its kubelet starts, so that is started where it serves the API', () => {
    const watch = new Watch().see(absent(), 30_000);
    expect(watch.last).toMatchObject({
      at: 30_000,
      decision: { do: 'heal', part: 'kubelet', host: 'master-3' },
      degraded: ['no nodes of the cluster, though they serve: master-3'],
    });
  });

  test('is left alone while its API server does not serve, and where no nodes are known', () => {
    const silent = absent({ masters: { 'master-3': 'off' } });
    expect(heals(new Watch().see(silent, 10 * minute))).toEqual([]);
    expect(heals(new Watch().see({ ...pictureOf({}), nodes: null }, 10 * minute))).toEqual([]);
  });
});

describe('the marks of a node', () => {
  const unmarked = (ready = true) => {
    const picture = pictureOf({});
    return { ...picture, nodes: { ...picture.nodes, 'master-3': { ready, controlPlane: false } } };
  };

  test('are put back on a control-plane node that lacks them', () => {
    const watch = new Watch().see(unmarked(), 10_000);
    expect(watch.last).toMatchObject({
      at: 10_000,
      decision: { do: 'heal', part: 'node-marks', host: 'master-3' },
      degraded: ['without the control-plane label: master-3'],
    });
  });

  test('are put back each time that a node registers anew, however often: nothing is restarted for it', () => {
    const watch = new Watch();
    for (let n = 0; n < 6; n += 1) watch.see(unmarked(), 11_000).see({}, 5 * minute);
    expect(heals(watch)).toHaveLength(6);
    expect(watch.moments.some(({ waitingFor }) => waitingFor)).toBe(false);
  });

  test('that something else takes off again and again are for a person after twenty attempts', () => {
    const watch = new Watch().see(unmarked(), 30 * minute);
    expect(heals(watch)).toHaveLength(20);
    expect(watch.last.waitingFor).toMatchObject({
      reason: 'healing-exhausted',
      why: expect.stringContaining('20 attempts to heal it within an hour have not helped') as string,
    });
  });

  test('are left alone where healsAnHour is 0', () => {
    expect(heals(new Watch(healsAnHour(0)).see(unmarked(), 30 * minute))).toEqual([]);
  });

  test('are put back before the node is Ready: once it is, anything may be scheduled on it', () => {
    const watch = new Watch().see(unmarked(false), 10_000);
    expect(watch.last).toMatchObject({
      at: 10_000,
      decision: { do: 'heal', part: 'node-marks', host: 'master-3' },
      degraded: ['not Ready: master-3', 'without the control-plane label: master-3'],
    });
  });

  test('are put back within ten seconds on one that becomes Ready and not Ready by turns', () => {
    const watch = new Watch();
    for (let n = 0; n < 5; n += 1) watch.see(unmarked(n % 2 === 1), 2000);
    expect(heals(watch)).toHaveLength(1);
  });

  test('wait for a node that is Ready where a workflow began by the rules of before', () => {
    const watch = new Watch({ rules: 3 }).see(unmarked(false), minute);
    expect(heals(watch)).toEqual([]);
    expect(watch.last.degraded).toEqual(['not Ready: master-3']);
  });

  test('are none of a node that was given up', () => {
    const given = new Watch({ controlPlane: controlPlane.slice(0, 2) }).see(unmarked(), minute);
    expect(heals(given)).toEqual([]);
  });
});

describe('what is most urgent comes first', () => {
  test('etcd before API servers before load balancers, each at once after the other', () => {
    const world: World = {
      ...one('api-ended'),
      etcdDown: ['etcd-3'],
      haproxyDown: ['lb-2'],
      keepalivedDown: [],
    };
    const watch = new Watch({ leaveAlone: { 'lb-2': 5000 } }).see(world, 16_000);
    expect(heals(watch)).toEqual([
      [15_000, 'etcd etcd-3'],
      [15_001, 'api-server master-2'],
      [15_002, 'load-balancer lb-2'],
    ]);
  });

  test('a promotion before all, and no heal is begun just before it', () => {
    const world: World = { off: masters, leases: [], haproxyDown: ['lb-2'] };
    expect(new Watch().see(world, 12_000).story).toEqual([
      [0, 'nothing'],
      [10_000, 'promote worker-1'],
    ]);
    // While it waits for a person, the rest is cared for.
    const manual = new Watch({ policy: { ...calm.policy, mode: 'manual' } }).see(world, 20_000);
    expect(heals(manual)).toEqual([[10_000, 'load-balancer lb-2']]);
    expect(manual.last.decision).toHaveProperty('reason', 'approval');
  });

  test('a long confirmation holds nothing back but in its last moments', () => {
    const watch = new Watch({ policy: { ...calm.policy, confirmForMs: 10 * minute } });
    watch.see({ off: masters, leases: [], haproxyDown: ['lb-2'] }, minute);
    expect(heals(watch)).toEqual([[10_000, 'load-balancer lb-2']]);
  });
});
