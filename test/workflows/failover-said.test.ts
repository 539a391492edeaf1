import { expect, test } from 'vitest';
import * as contract from '../../workflows/contract.ts';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Picture } from '../../cluster/failover/picture.ts';
import { pictureOf } from '../cluster/failover/scenes.ts';
import { allLost, demoted, lost, masterReturned, promoted, well } from './failover-pictures.ts';
import { Scene, useFailoverWorld } from './failover-world.ts';
import { recordRun } from './record.ts';
import { fail } from './world.ts';

const world = useFailoverWorld();
const masters = ['master-1', 'master-2', 'master-3'];

test('a promotion that a person asks for begins at once, beside masters that live, and answers with its id', async () => {
  const scene = new Scene();
  scene.script.checkWrites = () => void (scene.picture = promoted(well, 'worker-2'));
  await world.run(scene, async (story) => {
    await story.watching();
    const request = { candidate: 'worker-2', reason: 'master-1 is moved', by: 'ann@laptop' };
    expect(await story.promote(request)).toBe(contract.changeId(story.cluster));
    const { promoted } = await story.until(({ promoted }) => promoted.length > 0);
    expect(promoted).toEqual(['worker-2']);
    const { promotion } = await story.changeInput();
    expect(promotion).toEqual({
      candidate: 'worker-2',
      lost: [],
      controlPlane: masters,
      reason: 'master-1 is moved',
      by: 'ann@laptop',
    });
  });
});

test('what is not safe is refused: the update to who asks, the signal in the status', async () => {
  const scene = new Scene();
  await world.run(scene, async (story) => {
    await story.watching();
    await expect(story.promote({ candidate: 'master-1', reason: 'why not' })).rejects.toMatchObject({
      cause: { message: 'master-1 is a control-plane node already' },
    });
    await expect(story.promote({ candidate: 'worker-1' })).rejects.toMatchObject({
      cause: { message: expect.stringContaining('reason is missing') as string },
    });
    scene.picture = pictureOf({ etcdDown: ['etcd-1', 'etcd-2'] });
    await story.until(({ picture }) => picture?.etcd['etcd-1']?.healthy === false);
    await story.signal('failover', { reason: 'now' });
    const { refused } = await story.until(({ refused }) => refused.length > 0);
    expect(refused).toEqual([
      { signal: 'failover', why: expect.stringContaining('etcd has no quorum') as string },
    ]);
    expect(scene.calls).toEqual(['checkCandidates']);
  });
});

test('a promotion that ended before its last step is not tried again without a person’s word', async () => {
  const scene = new Scene();
  scene.script.restorePki = () => fail('ProblemFound', 'worker-1', 'restore-pki');
  await world.run(scene, async (story) => {
    await story.watching();
    scene.picture = allLost;
    await story.until(({ state }) => state === 'promoting');
    await story.changeWaits();
    await story.change.signal(contract.abortSignal, { reason: 'the backup is of another cluster' });
    const { waitingFor, promoted: before } = await story.until(
      ({ waitingFor }) => waitingFor?.reason === 'promotion-failed',
    );
    expect(waitingFor?.why).toMatch(
      'the promotion of worker-1 ended before its last step: aborted: the backup is',
    );
    expect(before).toEqual([]);
    delete scene.script.restorePki;
    scene.script.checkWrites = () => void (scene.picture = promoted());
    const tried = scene.calls.filter((call) => call === 'restorePki worker-1').length;
    expect(tried).toBe(1);
    await story.signal('retry');
    await story.until(({ promoted }) => promoted.length > 0);
  });
});

test('a person’s retry reaches the promotion that waits', async () => {
  const scene = new Scene();
  scene.script.restorePki = () => fail('ProblemFound', 'worker-1', 'restore-pki');
  await world.run(scene, async (story) => {
    await story.watching();
    scene.picture = allLost;
    await story.until(({ state }) => state === 'promoting');
    await story.changeWaits();
    scene.script = { checkWrites: () => void (scene.picture = promoted()) };
    await story.signal('retry', { step: 'restore-pki' });
    await story.until(({ promoted }) => promoted.length > 0);
  });
});

test('what is down on a host that lives is healed once at a time, unless a drill breaks it', async () => {
  const scene = new Scene();
  const down = pictureOf({ masters: { 'master-1': 'api-ended' } });
  scene.script.healApiServer = () => void (scene.picture = well);
  await world.run(scene, async (story) => {
    await story.watching();
    await story.signal('leaveAlone', { hosts: ['master-2'], until: Date.now() + 3_600_000 });
    scene.picture = pictureOf({ masters: { 'master-2': 'api-ended' } });
    await story.until(({ degraded }) => degraded.length > 0);
    scene.picture = down;
    const { events } = await story.until(
      ({ state, events }) =>
        state === 'watching' && events.some(({ what }) => what.includes('heal api-server')),
    );
    expect(scene.calls.filter((call) => call.startsWith('heal'))).toEqual(['healApiServer master-1']);
    expect(events.map(({ what }) => what)).toContain('master-1: healApiServer done');
    // The drill is over before its time, and something else ails the host.
    await story.signal('leaveAlone', { hosts: ['master-2'], until: Date.now() });
    scene.picture = pictureOf({ masters: { 'master-2': 'api-ended' } });
    const { events: later } = await story.until(
      ({ state, events }) =>
        state === 'watching' && events.some(({ what }) => what.startsWith('master-2: heal api-server')),
    );
    expect(later.map(({ what }) => what)).toContain('a drill: master-2 no longer left alone');
  });
});

test('a spec that was applied is watched from then on; who is demoted or given up is not waited for', async () => {
  const scene = new Scene();
  await world.run(scene, async (story) => {
    await story.watching();
    scene.picture = promoted(well);
    const promotion = { candidate: 'worker-1', lost: [], controlPlane: masters, reason: 'test', by: 'ann' };
    const ended = { workflowType: 'promote', runId: 'r', state: 'done', promotion };
    await story.signal('changeEnded', ended);
    await story.until(({ controlPlane }) => controlPlane.includes('worker-1'));
    await story.signal('forget', { host: 'master-1' });
    scene.picture = demoted();
    await story.until(({ promoted }) => promoted.length === 0);
    scene.picture = pictureOf({ masters: { 'master-3': 'off' } });
    await story.until(({ picture }) => picture?.vantagePoints['lb-1']?.ssh['master-3'] === false);
    await story.signal('forget', { host: 'master-3', by: 'ann@laptop' });
    const { controlPlane, forgotten, refused } = await story.until(({ forgotten }) => forgotten.length > 0);
    expect([controlPlane, forgotten]).toEqual([['master-1', 'master-2'], ['master-3']]);
    expect(refused).toEqual([
      { signal: 'forget', why: expect.stringContaining('its API server serves') as string },
    ]);
    await story.when(() => !scene.watches.at(-1)?.apiServers.some(({ name }) => name === 'master-3'));
    const hosts = story.spec.hosts.filter(({ name }) => name !== 'master-3');
    await story.signal('configure', { spec: { ...story.spec, hosts } });
    await story.until((status) => status.forgotten.length === 0);
    expect(await story.failover.query(contract.specQuery)).toMatchObject({ hosts });
  });
});

test('signals that cannot be read, or followed, are refused in the status and change nothing', async () => {
  const scene = new Scene();
  await world.run(scene, async (story) => {
    await story.watching();
    const before = await story.status();
    await story.signal('failover', 'now');
    await story.signal('pause');
    await story.signal('resume');
    await story.signal('approve', { reason: 'yes' });
    await story.signal('retry', { step: 3 });
    await story.signal('retry');
    await story.signal('forget', { host: 'worker-1' });
    await story.signal('leaveAlone', { hosts: ['master-1'], until: 'tomorrow' });
    await story.signal('configure', { spec: { name: 'another' } });
    await story.signal('changeEnded', { state: 'done' });
    await story.signal('backupHealth', { newest: 5 });
    const { refused, ...after } = await story.status();
    expect(refused.map(({ signal, why }) => `${signal}: ${why}`)).toMatchInlineSnapshot(`
      [
        "failover: takes {"reason": "…", "candidate": "…"}; candidate may be left out",
        "pause: takes {"reason": "…"}",
        "resume: it is not paused",
        "approve: by is missing or not as it should be: takes {"reason": "…", "by": "…"}",
        "retry: step must be text",
        "retry: no promotion is open, and nothing was given up",
        "forget: worker-1 is no control-plane node: master-1, master-2, master-3 are",
        "leaveAlone: until is missing or not as it should be: takes {"hosts": ["…"], "until": milliseconds since 1970}",
        "configure: spec is missing or not as it should be: takes {"spec": …}, the whole of a parsed spec of watched-7",
        "changeEnded: workflowType is missing or not as it should be: takes what a change sends as it ends",
        "backupHealth: newest is missing or not as it should be: takes {"newest": "…", "problem": "…"}",
      ]
    `);
    expect(after).toEqual({ ...before, refused: undefined });
  });
});

test('a demotion says itself that it is done: nothing is healed on a host that serves no more', async () => {
  const scene = new Scene();
  await world.run(scene, async (story) => {
    await story.watching();
    scene.picture = promoted(well);
    const promotion = { candidate: 'worker-1', lost: [], controlPlane: masters, reason: 'test', by: 'ann' };
    await story.signal('changeEnded', { workflowType: 'promote', runId: 'r', state: 'done', promotion });
    await story.until(({ controlPlane }) => controlPlane.includes('worker-1'));
    const demotion = { host: 'worker-1', serving: masters, reason: 'they are back', by: 'ann' };
    await story.signal('changeEnded', { workflowType: 'demote', runId: 's', state: 'failed', demotion });
    const broken = { ...demotion, serving: 'all' };
    await story.signal('changeEnded', {
      workflowType: 'demote',
      runId: 's',
      state: 'done',
      demotion: broken,
    });
    expect((await story.until(({ refused }) => refused.length > 0)).promoted).toEqual(['worker-1']);
    await story.signal('changeEnded', { workflowType: 'demote', runId: 't', state: 'done', demotion });
    const { controlPlane, events } = await story.until((status) => status.promoted.length === 0);
    expect(controlPlane).toEqual(masters);
    expect(events.map(({ what }) => what)).toContain(
      'worker-1 is a worker node alone again (ann: they are back)',
    );
  });
});

test('a demotion that waits half way keeps nobody from being promoted, and is not healed', async () => {
  const scene = new Scene();
  const halfWay = (picture: Picture): Picture => ({
    ...picture,
    nodes: { ...picture.nodes, 'worker-1': { ready: true, controlPlane: true } },
  });
  scene.script.stopControlPlane = () => void (scene.picture = halfWay(well));
  scene.script.removeControlPlaneFiles = () => fail('ProblemFound', 'worker-1', 'remove-control-plane-files');
  scene.script.checkWrites = () => void (scene.picture = promoted(allLost, 'worker-2'));
  scene.readiness = { 'worker-1': { problem: 'host', why: 'half demoted' }, 'worker-2': {} };
  await world.run(scene, async (story) => {
    await story.watching();
    scene.picture = promoted(well);
    await story.until(({ promoted }) => promoted.length > 0);
    const demotion = { host: 'worker-1', serving: masters, reason: 'they are back', by: 'ann' };
    await story.demote(demotion);
    await story.changeWaits();
    await recordRun(story.env, 'demote-2', story.change.workflowId);
    const { promoted: half } = await story.until(({ halfDemoted = [] }) => halfDemoted.length > 0);
    expect(half).toEqual(['worker-1']);
    scene.picture = halfWay(allLost);
    const { controlPlane, events } = await story.until(({ promoted }) => promoted.includes('worker-2'));
    expect(controlPlane).toEqual([...masters, 'worker-2']);
    expect(events.map(({ what }) => what)).toContain('the change demote ended: yielded');
    expect(scene.calls.filter((call) => call.startsWith('heal'))).toEqual([]);
  });
});

test('a demotion that was terminated is found to be over, and its host is healed again', async () => {
  const scene = new Scene();
  scene.picture = promoted(well);
  scene.script.healApiServer = () => void (scene.picture = promoted(well));
  const demotion = { host: 'worker-1', serving: masters, reason: 'they are back', by: 'ann', runId: 'gone' };
  await world.run(
    scene,
    async (story) => {
      await story.start({ promoted: ['worker-1'], demoting: demotion });
      const { events } = await story.until(({ picture, demoting }) => !!picture && demoting === undefined);
      expect(events.map(({ what }) => what)).toContain(
        'the demotion of worker-1 is over, and its end was not told: was it terminated?',
      );
      scene.picture = { ...well, nodes: promoted(well).nodes };
      await story.when(() => scene.calls.includes('healApiServer worker-1'));
    },
    { unwatched: true },
  );
});

test('a promotion that was asked for is not kept for later: not while nothing is seen, nor over a pause', async () => {
  const scene = new Scene();
  await world.run(scene, async (story) => {
    await story.watching();
    scene.failing = 3;
    await story.signal('failover', { candidate: 'worker-2', reason: 'now' });
    const { refused } = await story.until(({ refused }) => refused.length > 0);
    expect(refused[0]?.why).toBe('nothing is seen of the cluster now');
    await story.when(() => scene.failing === 0);
    // Whether it is fit is looked at before anything begins, and somebody pauses meanwhile.
    let looked: (() => void) | undefined;
    scene.script.checkCandidates = () =>
      looked
        ? new Promise((done) => (looked = () => done({ 'worker-1': {}, 'worker-2': {} })))
        : { 'worker-1': {} };
    await story.signal('configure', { spec: story.spec });
    await story.until(({ candidates }) => candidates['worker-2'] == null);
    looked = () => undefined;
    const before = scene.calls.length;
    await story.signal('failover', { candidate: 'worker-2', reason: 'now' });
    await story.when(() => scene.calls.length > before);
    await story.signal('pause', { reason: 'wait', by: 'ann@laptop' });
    await story.until(({ paused }) => paused !== undefined);
    looked();
    const after = await story.until(({ refused }) => refused.length > 1);
    expect(after.refused[1]?.why).toBe('it is paused (ann@laptop: wait)');
    await story.signal('resume');
    await story.until(({ paused }) => paused === undefined);
    expect(scene.calls.filter((call) => call !== 'checkCandidates')).toEqual([]);
  });
});

test('backups that are not well are degraded, and people are told, once', async () => {
  const scene = new Scene();
  await world.run(scene, async (story) => {
    await story.watching();
    await story.signal('backupHealth', { newest: new Date().toISOString(), problem: 'no key opens it' });
    const { degraded } = await story.until(({ state }) => state === 'degraded');
    expect(degraded).toEqual(['backups: no key opens it']);
    await story.when(() => scene.notices.some((notice) => notice.degraded.length > 0));
    await story.signal('backupHealth', { newest: new Date().toISOString() });
    await story.until(({ state }) => state === 'watching');
    await story.when(() => scene.notices.at(-1)?.state === 'watching');
    expect(scene.notices.filter(({ state }) => state === 'degraded')).toHaveLength(1);
  });
});

test('members of etcd that follow different leaders are told to people, once', async () => {
  const scene = new Scene();
  await world.run(scene, async (story) => {
    await story.watching();
    scene.picture = pictureOf({ leaders: { 'etcd-2': 'etcd-3', 'etcd-3': 'etcd-3' } });
    const parted = (lines: readonly string[] = []) =>
      lines.some((line) => line.includes('more than one cluster'));
    await story.until(({ degraded }) => parted(degraded));
    await story.when(() => scene.notices.some(({ degraded }) => parted(degraded)));
    scene.picture = well;
    await story.until(({ degraded }) => !parted(degraded));
    expect(scene.notices.filter(({ degraded }) => parted(degraded))).toHaveLength(1);
    await recordRun(story.env, 'failover-9', story.failover.workflowId);
  });
});

test('a promotion that waits for a person keeps no other alarm from people', async () => {
  const scene = new Scene();
  scene.script.checkWrites = () => fail('ProblemFound', 'bastion-1', 'check-writes');
  await world.run(scene, async (story) => {
    await story.watching();
    scene.picture = allLost;
    await story.until(({ waitingFor }) => waitingFor?.reason === 'promotion-waits');
    await story.when(() => scene.notices.at(-1)?.waitingFor?.reason === 'promotion-waits');
    const told = scene.notices.length;
    await story.signal('backupHealth', { newest: new Date().toISOString(), problem: 'no key opens it' });
    await story.when(() => scene.notices.length > told);
    expect(scene.notices.at(-1)).toMatchObject({
      state: 'promoting',
      degraded: expect.arrayContaining(['backups: no key opens it']) as string[],
    });
    await recordRun(story.env, 'failover-6', story.failover.workflowId);
    delete scene.script.checkWrites;
    await story.change.signal(contract.retrySignal, {});
    await story.until(({ promoted }) => promoted.length > 0);
  });
});

test('while a promotion waits for a person the rest is healed, and nothing once it works again', async () => {
  const scene = new Scene();
  scene.script.checkWrites = () => fail('ProblemFound', 'bastion-1', 'check-writes');
  const heals = () => scene.calls.filter((call) => /^(heal|mark)/.test(call));
  const without = (...haproxyDown: string[]) => promoted(pictureOf({ ...lost, haproxyDown }));
  scene.script.healLoadBalancer = () => void (scene.picture = without());
  await world.run(scene, async (story) => {
    await story.watching();
    scene.picture = allLost;
    await story.until(({ waitingFor }) => waitingFor?.reason === 'promotion-waits');
    scene.picture = without('lb-1');
    await story.when(() => heals().includes('healLoadBalancer lb-1'));
    scene.picture = masterReturned();
    await story.when(() => heals().some((call) => call.startsWith('markControlPlane')));
    // Straight to the change, as holdfast retry sends it.
    scene.picture = without();
    let works = true;
    scene.script.checkWrites = async () => {
      while (works) await sleep(20);
    };
    await story.change.signal(contract.retrySignal, {});
    await story.when(() => scene.calls.filter((call) => call.startsWith('checkWrites')).length > 1);
    const before = heals().length;
    scene.picture = without('lb-2');
    await story.until(({ state, waitingFor }) => state === 'promoting' && waitingFor === undefined);
    expect(heals()).toHaveLength(before);
    works = false;
    await story.until(({ promoted }) => promoted.length > 0);
    await story.when(() => heals().includes('healLoadBalancer lb-2'));
  });
});

test('people are told of what gets worse while something else is degraded, and once of each', async () => {
  const scene = new Scene();
  await world.run(scene, async (story) => {
    await story.watching();
    scene.picture = pictureOf({ nfs: false });
    await story.when(() => scene.notices.length === 1);
    scene.picture = pictureOf({ nfs: false, masters: { 'master-2': 'off' } });
    await story.when(() => scene.notices.length > 1);
    const lines = scene.notices.map(({ state, degraded }) => [state, ...degraded]);
    expect(lines[0]).toEqual(['degraded', 'the NFS server does not answer']);
    expect(lines[1]).toEqual(expect.arrayContaining(['the NFS server does not answer']));
    expect(lines.flat().join()).toContain('master-2');
    scene.picture = pictureOf({ nfs: false });
    await story.until(({ degraded }) => degraded.length === 1);
    const { length } = scene.notices;
    scene.picture = pictureOf({});
    await story.when(() => scene.notices.at(-1)?.state === 'watching');
    expect(scene.notices).toHaveLength(length + 1);
  });
});
