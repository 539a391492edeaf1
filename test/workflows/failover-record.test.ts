import { expect, test } from 'vitest';
import type { Rules } from '../../cluster/failover/decision.ts';
import type { Picture } from '../../cluster/failover/picture.ts';
import { carriedOf } from '../../workflows/failover/carried.ts';
import { FailoverRecord } from '../../workflows/failover/record.ts';
import { type ClusterHost, hostsWithRole } from '../../cluster/cluster.ts';
import { exampleCluster } from '../cluster/example.ts';
import { pictureOf } from '../cluster/failover/scenes.ts';
import { allLost, demoted, promoted, well } from './failover-pictures.ts';

const spec = exampleCluster('twelve-hosts');
function record(rules: Rules = 4): FailoverRecord {
  const made = new FailoverRecord({ spec }, 0);
  made.rules = rules;
  return made;
}
const see = (to: FailoverRecord, picture: Picture) => {
  to.see({ picture, since: 0, until: 0 });
  return to.promoted;
};
const unlabelled = (): Picture => {
  const picture = promoted(well);
  return { ...picture, nodes: { ...picture.nodes, 'worker-1': { ready: true, controlPlane: false } } };
};

test('a worker node that serves beside a control-plane node, and bears the label, counts as promoted', () => {
  expect(see(record(), promoted(well))).toEqual(['worker-1']);
  expect(see(record(), unlabelled())).toEqual([]);
  expect(see(record(), well)).toEqual([]);
});

test('where no control-plane node serves beside it, its promotion may have broken off: that is finished', () => {
  expect(see(record(), promoted(allLost))).toEqual([]);
});

test('a control-plane node that a spec adds is one once it has served, over a continue-as-new too', () => {
  const [master] = hostsWithRole(spec, 'control-plane');
  const added = { ...(master as ClusterHost), name: 'master-4', address: '10.0.0.34' };
  const wider = { ...spec, hosts: [...spec.hosts, added] };
  const one = record(5);
  // The bring-up was aborted: nobody knows how far it came.
  one.apply(wider, false);
  see(one, well);
  expect(one.controlPlane).toEqual(['master-1', 'master-2', 'master-3']);
  const next = new FailoverRecord({ spec: wider, learned: carriedOf(one) }, 0);
  expect(next.controlPlane).toEqual(['master-1', 'master-2', 'master-3']);
  const vantagePoints = Object.entries(well.vantagePoints).map(([point, view]) => [
    point,
    view && { ...view, api: { ...view.api, 'master-4': 'ready' } },
  ]);
  see(next, { ...well, vantagePoints: Object.fromEntries(vantagePoints) as Picture['vantagePoints'] });
  expect(next.controlPlane).toEqual(['master-1', 'master-2', 'master-3', 'master-4']);
  const former = record(4);
  former.apply(wider, false);
  expect(former.controlPlane).toContain('master-4');
});

test('a workflow that began by the rules of before goes on by them', () => {
  expect(see(record(1), promoted(well))).toEqual([]);
});

test('one whose promotion ended before its last step does not count, over a continue-as-new too, until it is finished', () => {
  const first = record();
  first.unfinished = 'worker-1';
  expect(see(first, promoted(well))).toEqual([]);
  const second = new FailoverRecord({ spec, learned: carriedOf(first) }, 0);
  second.rules = 4;
  expect(see(second, promoted(well))).toEqual([]);
  second.promotedNow({ candidate: 'worker-1', lost: [], controlPlane: [], reason: 'again', by: 'ann' });
  expect(second.promoted).toEqual(['worker-1']);
  expect(second.unfinished).toBeUndefined();
});

test('one that looked demoted while etcd was restored counts again once it serves, though the old state has no label', () => {
  const one = record();
  see(one, promoted(well));
  expect(see(one, demoted())).toEqual([]);
  expect(see(one, unlabelled())).toEqual(['worker-1']);
});

test('one that a demotion ended for does not, nor while the picture is still of before', () => {
  const one = record();
  see(one, promoted(well));
  one.demotedNow({ host: 'worker-1', serving: [], reason: 'back', by: 'ann' });
  expect(see(one, promoted(well))).toEqual([]);
  see(one, demoted());
  expect(see(one, unlabelled())).toEqual([]);
  expect(see(one, promoted(well))).toEqual(['worker-1']);
});

test('one whose promotion was given up counts once it serves beside another: what was done to it is still there', () => {
  const one = record();
  one.gaveUp(
    { candidate: 'worker-1', lost: [], controlPlane: [], reason: 'lost', by: 'failover' },
    'it is off',
  );
  expect(see(one, well)).toEqual([]);
  expect(see(one, promoted(allLost))).toEqual([]);
  expect(see(one, unlabelled())).toEqual(['worker-1']);
});

test('one whose demotion is open, or broke off, counts only while it serves, over a continue-as-new too', () => {
  const halfWay = pictureOf({});
  Object.assign(halfWay.nodes ?? {}, { 'worker-1': { ready: true, controlPlane: true } });
  const demotion = { host: 'worker-1', serving: [], reason: 'back', by: 'ann' };
  const one = record(6);
  one.promoted = ['worker-1'];
  one.demoting = { ...demotion, runId: 'r' };
  see(one, promoted(well));
  expect(one.controlPlane).toContain('worker-1');
  see(one, halfWay);
  expect(one.promoted).toEqual(['worker-1']);
  expect(one.controlPlane).not.toContain('worker-1');
  one.demoting = undefined;
  one.demotionEnded(demotion);
  const next = new FailoverRecord({ spec, learned: carriedOf(one) }, 0);
  next.rules = 6;
  see(next, halfWay);
  expect(next.controlPlane).not.toContain('worker-1');
  expect(next.troubles.join()).toContain('the demotion of worker-1 ended before its last step');
  see(next, promoted(well));
  expect(next.controlPlane).toContain('worker-1');
  // Not seen yet: it may have been stopped since.
  next.demotionEnded(demotion);
  expect(next.controlPlane).not.toContain('worker-1');
  next.promotedNow({ candidate: 'worker-1', lost: [], controlPlane: [], reason: 'lost', by: 'failover' });
  expect(next.controlPlane.filter((name) => name === 'worker-1')).toHaveLength(1);
  const former = record(5);
  former.promoted = ['worker-1'];
  former.demotionEnded(demotion);
  expect(former.controlPlane).toContain('worker-1');
});

test('the candidate of an open promotion is told to who decides, by the rules that know of it', () => {
  const promotion = {
    candidate: 'worker-1',
    lost: [],
    controlPlane: [],
    reason: 'lost',
    by: 'failover',
    runId: 'r',
  };
  for (const rules of [2, 3] as const) {
    const one = record(rules);
    expect(one.situation('running').promoting).toBeUndefined();
    one.promotion = promotion;
    expect(one.situation('running').promoting?.name).toBe(rules === 3 ? 'worker-1' : undefined);
  }
});
