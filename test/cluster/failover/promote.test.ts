import { describe, expect, test } from 'vitest';
import type { Readiness, Situation } from '../../../cluster/failover/decision.ts';
import type { Picture, View } from '../../../cluster/failover/picture.ts';
import { promoted } from '../../workflows/failover-pictures.ts';
import { type World, Watch, candidates, controlPlane, masters, nameOf, pictureOf } from './scenes.ts';

const allOff = { off: masters, leases: [] };
const policy = (changes: Partial<Situation['policy']>): Pick<Situation, 'policy'> => ({
  policy: { mode: 'automatic', promoteBelow: 1, confirmForMs: 10_000, healsAnHour: 3, ...changes },
});
/** What is decided once the loss of all is confirmed. */
const confirmed = (situation: Partial<Situation>) => new Watch(situation).see(allOff, 30_000);

describe('the loss of all', () => {
  test('promotes the first candidate as soon as their silence has lasted and no lease is left', () => {
    const watch = new Watch().see({}, 60_000).see({ off: masters, leases: ['10.0.0.33'] }, 8000);
    watch.see(allOff, 10_000);
    expect(watch.story).toEqual([
      [0, 'nothing'],
      [70_000, 'promote worker-1'],
    ]);
    expect(watch.last.decision).toMatchObject({
      candidate: 'worker-1',
      lost: masters,
      why: 'master-1, master-2, master-3: SSH and API are silent to a majority of 3 vantage points, and no lease is left in etcd',
    });
  });

  test('is confirmed anew after one picture in which one of them lived', () => {
    const watch = new Watch().see(allOff, 9000).see({ off: ['master-1', 'master-2'], leases: [] }, 0);
    expect(watch.see(allOff, 9999).story).toEqual([[0, 'nothing']]);
    expect(nameOf(watch.see(allOff, 1).last.decision)).toBe('promote worker-1');
  });

  test.each<[string, World]>([
    ['a lease is left', { off: masters, leases: ['10.0.0.31'] }],
    ['somebody unknown has a lease', { off: masters, leases: ['10.0.0.77'] }],
    ['no etcd member says who has a lease', { off: [...masters, 'etcd-1', 'etcd-2'], leases: [] }],
    [
      'one host greets over SSH, its API server silent',
      { ...allOff, masters: { 'master-2': 'api-hangs' as const } },
    ],
    ['one kernel refuses', { ...allOff, masters: { 'master-2': 'api-ended' as const } }],
    ['two vantage points of three are not heard', { ...allOff, unheard: ['bastion-1', 'lb-1'] }],
  ])('is none while %s', (_, world) => {
    const watch = new Watch().see(world, 600_000);
    expect(watch.moments.some(({ decision }) => decision.do === 'promote')).toBe(false);
  });

  test('is seen by the two vantage points that are left of three', () => {
    expect(new Watch().see({ ...allOff, unheard: ['lb-2'] }, 10_000).last.decision.do).toBe('promote');
  });

  test('is none while an API server answers at a virtual address, or a candidate’s is ready', () => {
    const picture = pictureOf(allOff);
    const point = picture.vantagePoints['lb-1'] ?? expect.fail();
    for (const view of [
      { ...point, addresses: { internal: 'ready' as const } },
      { ...point, api: { ...point.api, 'worker-2': 'ready' as const } },
    ]) {
      const watch = new Watch().see(
        { ...picture, vantagePoints: { ...picture.vantagePoints, 'lb-1': view } },
        60_000,
      );
      expect(watch.last.decision).toMatchObject({ do: 'wait', reason: 'blind' });
      expect(watch.last.decision).toHaveProperty('why', expect.stringContaining('contradicts itself'));
    }
  });
});

describe('where SSH is open to the bastion alone', () => {
  const after = (world: World | Picture, rules: Situation['rules'] = 8) =>
    nameOf(new Watch({ rules }).see(world, 30_000).last.decision);
  const closed = { ...allOff, sshForBastion: true };

  test('a candidate lives for the load balancers by what its API port answers', () => {
    expect(after(closed)).toBe('promote worker-1');
    expect(after({ ...closed, off: [...masters, 'worker-1'] })).toBe('promote worker-2');
  });

  test('a workflow that began by the rules of before waits for a person, as it did', () => {
    expect(after(closed, 7)).toBe('wait no-candidate');
  });

  test('one that nobody hears over SSH, or that no load balancer gets an answer from, is none', () => {
    const picture = pictureOf(closed);
    const changed = (point: string, edit: (host: string, view: View) => View) => ({
      ...picture,
      vantagePoints: Object.fromEntries(
        Object.entries(picture.vantagePoints).map(([name, view]) => [
          name,
          view && name.startsWith(point) ? edit('worker-1', view) : view,
        ]),
      ),
    });
    const unheard = changed('bastion', (host, view) => ({ ...view, ssh: { ...view.ssh, [host]: false } }));
    const unanswered = changed('lb', (host, view) => ({ ...view, api: { ...view.api, [host]: 'silent' } }));
    expect([after(unheard), after(unanswered)]).toEqual(['promote worker-2', 'promote worker-2']);
  });

  test('an API server that ended on a master is healed', () => {
    const ended = { masters: { 'master-2': 'api-ended' as const }, sshForBastion: true };
    const story = (rules: Situation['rules']) =>
      new Watch({ rules }).see(ended, 60_000).story.map(([, what]) => what);
    expect(story(8)).toContain('heal api-server master-2');
    expect(story(7)).not.toContain('heal api-server master-2');
  });
});

describe('a candidate that is lost while it is promoted', () => {
  const promoting = { change: 'running', promoting: candidates[0] ?? expect.fail() } as const;
  const gone: World = { ...allOff, off: [...masters, 'worker-1'] };
  const after = (world: World | Picture, ms: number, situation: Partial<Situation> = {}) =>
    nameOf(new Watch({ ...promoting, ...situation }).see(allOff, 20_000).see(world, ms).last.decision);

  test('is given up as soon as its silence has lasted, if another can be promoted', () => {
    expect(after(gone, 9999)).toBe('wait change-running');
    expect(after(gone, 10_000)).toBe('give-up');
    expect(after(gone, 60_000, { readiness: { 'worker-1': {} } })).not.toBe('give-up');
    expect(after({ ...gone, off: [...masters, 'worker-1', 'worker-2'] }, 60_000)).not.toBe('give-up');
  });

  test('is not where its lease is left, one vantage point hears it, or the loss of the masters is not confirmed', () => {
    expect(after({ ...gone, leases: ['10.0.0.41'] }, 60_000)).not.toBe('give-up');
    const picture = pictureOf(gone);
    const point = picture.vantagePoints['lb-1'] ?? expect.fail();
    const hears = { ...point, ssh: { ...point.ssh, 'worker-1': true } };
    expect(
      after({ ...picture, vantagePoints: { ...picture.vantagePoints, 'lb-1': hears } }, 60_000),
    ).not.toBe('give-up');
    expect(after({ off: ['worker-1'] }, 60_000)).toBe('nothing');
  });

  test('is given up as well where its promotion waits for a person', () => {
    expect(after(allOff, 60_000, { change: 'parked' })).toBe('wait change-running');
    expect(after(gone, 10_000, { change: 'parked' })).toBe('give-up');
  });

  test('is not while a person has paused failover', () => {
    expect(after(gone, 60_000, { paused: true })).toBe('wait change-running');
  });

  test('is not without an open promotion, which rules of before know nothing of', () => {
    const watch = new Watch({ change: promoting.change }).see(gone, 60_000);
    expect(nameOf(watch.last.decision)).toBe('wait change-running');
  });
});

describe('a candidate that serves already', () => {
  const serving = (host: 'worker-1' | 'worker-2', leases: readonly string[]) =>
    promoted(pictureOf({ ...allOff, leases }), host);

  test('is the one that is promoted: its promotion ended before its last step', () => {
    const watch = new Watch().see(serving('worker-2', []), 60_000);
    const promotes = watch.moments.find(({ decision }) => decision.do === 'promote');
    expect(promotes?.decision).toMatchObject({ candidate: 'worker-2', lost: masters });
  });

  test('does not hide that another serves whom nobody knows', () => {
    const watch = new Watch().see(serving('worker-2', ['10.0.0.99']), 60_000);
    expect(watch.last.decision).toMatchObject({ do: 'wait', reason: 'blind' });
    expect(watch.last.decision).toHaveProperty('why', expect.stringContaining('10.0.0.99'));
  });
});

describe('the policy', () => {
  test('below 2: two of three lost are enough, and the one that lives does not matter', () => {
    const two = { off: ['master-1', 'master-2'] };
    expect(new Watch().see(two, 60_000).last.decision.do).toBe('nothing');
    const watch = new Watch(policy({ promoteBelow: 2 })).see(two, 60_000);
    expect(watch.last.decision).toMatchObject({ do: 'promote', lost: ['master-1', 'master-2'] });
  });

  test('below as many as there are promotes nobody while none is lost', () => {
    expect(new Watch(policy({ promoteBelow: 5 })).see({}, 600_000).story).toEqual([[0, 'nothing']]);
  });

  test('confirmFor is taken at its word', () => {
    expect(new Watch(policy({ confirmForMs: 45_000 })).see(allOff, 60_000).story).toEqual([
      [0, 'nothing'],
      [45_000, 'promote worker-1'],
    ]);
  });

  test('manual waits for an approval, names the command, and promotes once it is there', () => {
    const watch = confirmed(policy({ mode: 'manual' }));
    expect(watch.story).toEqual([
      [0, 'nothing'],
      [10_000, 'wait approval'],
    ]);
    expect(watch.last.decision).toHaveProperty('help', [
      expect.stringMatching(/^holdfast approve demo --reason "/),
    ]);
    watch.situation = { ...watch.situation, approved: true };
    expect(watch.see(allOff, 0).last).toMatchObject({ decision: { do: 'promote' } });
    expect(watch.last).not.toHaveProperty('waitingFor');
  });

  test('an approval alone promotes nobody', () => {
    expect(new Watch({ ...policy({ mode: 'manual' }), approved: true }).see({}, 600_000).story).toEqual([
      [0, 'nothing'],
    ]);
  });
});

describe('a change', () => {
  test('that runs is waited for, and is over when it is over', () => {
    const watch = confirmed({ change: 'running' });
    expect(watch.last.decision).toMatchObject({ do: 'wait', reason: 'change-running' });
    expect(watch.last.decision).toHaveProperty(
      'help',
      expect.arrayContaining([expect.stringContaining('abort demo')]),
    );
    watch.situation = {
      ...watch.situation,
      change: 'none',
      controlPlane: [...controlPlane, { name: 'worker-1', address: '10.0.0.41' }],
    };
    expect(watch.see({ ...allOff, leases: ['10.0.0.41'] }, 0).last.decision).toEqual({ do: 'nothing' });
  });

  test('that waits for a person makes room', () => {
    expect(
      confirmed({ change: 'parked' }).moments.find(({ decision }) => decision.do === 'promote')?.at,
    ).toBe(10_000);
  });
});

describe('the cooldown', () => {
  const w1 = { name: 'worker-1', address: '10.0.0.41' };
  const after = (promotionEnded: number) => {
    const watch = new Watch();
    watch.memory = { ...watch.memory, promotionEnded };
    return watch;
  };

  test('holds the next promotion back for a minute, and no longer', () => {
    const watch = after(0).see(allOff, 70_000);
    expect(watch.story).toEqual([
      [0, 'nothing'],
      [10_000, 'wait cooldown'],
      [60_000, 'promote worker-1'],
    ]);
  });

  test('of another clock, ahead of ours by a day, lasts a minute too', () => {
    expect(after(86_400_000).see(allOff, 61_000).last.decision.do).toBe('promote');
  });

  test('a promoted node that dies too is followed by the next candidate', () => {
    const watch = after(0);
    watch.situation = { ...watch.situation, controlPlane: [...controlPlane, w1] };
    const noneLeft = { off: [...masters, 'worker-1'], leases: [] };
    expect(watch.see({ ...allOff, leases: ['10.0.0.41'] }, 60_000).last.decision).toEqual({ do: 'nothing' });
    expect(watch.see(noneLeft, 10_000).last.decision).toMatchObject({
      do: 'promote',
      candidate: 'worker-2',
      lost: [...masters, 'worker-1'],
    });
  });
});

describe('the candidates', () => {
  const ready = (readiness: Record<string, Readiness>) => ({ readiness });
  const problem = (problem: Readiness['problem'], why?: string): Readiness => ({
    ...(problem && { problem }),
    ...(why && { why }),
  });

  test('are taken in order, and left out where they do not answer or could not be promoted', () => {
    const off = new Watch().see({ off: [...masters, 'worker-1'], leases: [] }, 10_000);
    expect(off.last.decision).toMatchObject({ candidate: 'worker-2' });
    const ill = new Watch(ready({ 'worker-1': problem('images'), 'worker-2': {} })).see(allOff, 10_000);
    expect(ill.last.decision).toMatchObject({ candidate: 'worker-2' });
  });

  test('that nobody has looked at are looked at while the loss is being confirmed', () => {
    const watch = new Watch(ready({})).see(allOff, 5000);
    expect(watch.story[0]).toEqual([0, 'look-at-candidates']);
    watch.situation = { ...watch.situation, readiness: { 'worker-1': {} } };
    expect(watch.see(allOff, 5000).last).toMatchObject({ at: 10_000, decision: { do: 'promote' } });
  });

  test('nobody is called while they are being looked at; then they are, and looked at again every five minutes', () => {
    const watch = new Watch(ready({ 'worker-1': problem('host', 'its disk is full') })).see(allOff, 700_000);
    expect(watch.story.slice(0, 3)).toEqual([
      [0, 'look-at-candidates'],
      [expect.any(Number), 'nothing'],
      [10_000, 'wait no-candidate'],
    ]);
    expect(
      watch.moments.filter(({ decision }) => decision.do === 'look-at-candidates').map(({ at }) => at),
    ).toEqual([0, 300_000, 600_000]);
    // A person who was called is not told twice.
    expect(
      watch.moments
        .filter(({ at }) => at > 10_000)
        .every(({ waitingFor }) => waitingFor?.reason === 'no-candidate'),
    ).toBe(true);
  });

  test.each([
    ['no-backup', ['no-backup', 'no-backup']],
    ['backup-mismatch', ['backup-mismatch', 'host']],
    ['backup-key', ['backup-mismatch', 'backup-key']],
    ['no-candidate', ['host', 'images']],
    ['no-candidate', ['unknown', 'unknown']],
  ] as const)('the reason is %s where their problems are %s', (reason, [one, two]) => {
    const watch = confirmed(ready({ 'worker-1': problem(one, 'so it is'), 'worker-2': problem(two) }));
    expect(watch.last.decision).toMatchObject({ do: 'wait', reason });
    expect(watch.last.decision).toHaveProperty('why', expect.stringContaining('worker-1: so it is'));
  });

  test('none answers: a person is called at once', () => {
    const watch = new Watch(ready({})).see({ off: [...masters, 'worker-1', 'worker-2'], leases: [] }, 30_000);
    expect(watch.story).toEqual([
      [0, 'nothing'],
      [10_000, 'wait no-candidate'],
    ]);
    expect(new Watch({ candidates: [] }).see(allOff, 30_000).last.decision).toHaveProperty(
      'reason',
      'no-candidate',
    );
  });

  test('a host called constructor was not looked at either', () => {
    const host = { name: 'constructor', address: '10.0.0.41' };
    const picture = pictureOf(allOff);
    const vantagePoints = Object.fromEntries(
      Object.entries(picture.vantagePoints).map(([name, view]) => [
        name,
        view && { ...view, ssh: { ...view.ssh, constructor: true } },
      ]),
    );
    const watch = new Watch({ candidates: [host], readiness: {} }).see({ ...picture, vantagePoints }, 10_000);
    expect(watch.moments.some(({ decision }) => decision.do === 'promote')).toBe(false);
  });

  test('one that is a control-plane node already is none', () => {
    const watch = confirmed({
      candidates: controlPlane,
      readiness: Object.fromEntries(masters.map((name) => [name, {}])),
    });
    expect(watch.last.decision).toHaveProperty('reason', 'no-candidate');
  });
});
