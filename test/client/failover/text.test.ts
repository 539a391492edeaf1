import { expect, test } from 'vitest';
import { failoverText } from '../../../client/failover/text.ts';
import type { Picture } from '../../../cluster/failover/picture.ts';
import { decisionText, span } from '../../../client/failover/in-words.ts';
import { masterOff, unseen, waiting } from './status-fixture.ts';

const now = Date.parse('2026-11-25T03:02:05.000Z');

test('what failover says: state, who holds which address, leader, and a line a host with what all see of it summed', () => {
  expect(failoverText(masterOff, 'http://ui/run-1', now)).toMatchInlineSnapshot(`
    "demo: failover: degraded since 2026-11-25 03:00:00 UTC (2 m 5 s ago)
    http://ui/run-1
      degraded: master-1 is lost: no SSH, no API, its lease in etcd has run out
      address internal: held by lb-1, API ready
      address external: held by lb-1, API ready
      etcd: 1 of 3 healthy, leader etcd-1 1/2, none 1/2
      API servers with a lease in etcd: 10.0.0.32
      NFS: the server does not answer
      seen so since 2026-11-25 03:00:10 UTC (1 m 55 s ago):
        bastion-1  heard from
        lb-1       ssh 1/1, haproxy, keepalived down, holds internal, external
        lb-2       not heard from, ssh 2/2
        etcd-1     etcd healthy, leader
        etcd-2     etcd unhealthy
        etcd-3     etcd not heard from
        master-1   ssh 0/2, api silent, NotReady
        master-2   ssh 1/2, api ready 1/2, unready 1/2, Ready
        worker-1   ssh 2/2, api refused, Ready
        worker-2   not seen
        worker-3   not seen
      control plane: master-1, master-2
      forgotten: master-3
      candidates: worker-1 ready, worker-2 not ready (images: kube-apiserver is missing), worker-3 not looked at yet
      backup: newest of 2026-11-25 00:00:00 UTC (3 h 2 m ago)
      decision: nothing is to be done
      2026-11-25 02:59:00 UTC  watching
      2026-11-25 03:00:00 UTC  master-1 is lost
      refused: resume: it is not paused"
  `);
});

test('who waits for a person stands last, with the commands that help', () => {
  expect(failoverText(waiting, 'http://ui/run-1', now).split('\n').slice(-2)).toEqual([
    'failover waits for a person: approval: all control-plane nodes are lost and failover.mode is manual',
    "    $ holdfast approve demo --reason '…'",
  ]);
});

test('a promotion that broke off is told with both ways out of it, until it goes on', () => {
  const line = (state: 'watching' | 'promoting') =>
    failoverText({ ...unseen, state, unfinished: 'worker-1' }, 'http://ui', now)
      .split('\n')
      .find((one) => one.includes('not finished'));
  expect(line('watching')).toMatch(
    /promote demo --candidate worker-1 finishes .* demote demo --host worker-1/,
  );
  expect(line('promoting')).toBeUndefined();
});

test('a demotion that broke off is told with the way to finish it, one that is open as what it is', () => {
  const lines = (demoting?: string) =>
    failoverText(
      { ...unseen, promoted: ['worker-1'], halfDemoted: ['worker-1'], ...(demoting && { demoting }) },
      'http://ui',
      now,
    );
  expect(lines()).toContain('half demoted: worker-1. holdfast demote demo --host worker-1 finishes it');
  expect(lines('worker-1')).toContain('being demoted: worker-1');
  expect(lines('worker-1')).not.toContain('finishes it');
});

test('before the first look nothing is shown as seen', () => {
  const text = failoverText({ ...unseen, degraded: [] }, 'http://ui', now);
  expect(text).toContain('nothing was seen yet');
  expect(text).not.toMatch(/etcd|ssh|backup/);
});

test('two holders of one address, and one address that nobody holds, are said', () => {
  const { picture } = masterOff;
  if (!picture) throw new Error('the fixture has a picture');
  const both = { haproxy: true, keepalived: true, holds: ['internal'] } as const;
  const text = failoverText(
    { ...masterOff, picture: { ...picture, balancers: { 'lb-1': both, 'lb-2': both } } },
    'http://ui',
    now,
  );
  expect(text).toContain('address internal: held by lb-1 and lb-2');
  expect(text).toContain('address external: held by nobody that is heard');
});

test('a paused failover says who paused it and why; an unreadable backup says so', () => {
  const text = failoverText(
    {
      ...masterOff,
      state: 'paused',
      paused: { reason: 'ann@laptop: works', since: '2026-11-25T03:01:05.000Z' },
      backup: { problem: 'the newest cannot be opened' },
    },
    'http://ui',
    now,
  );
  expect(text).toContain('paused since 2026-11-25 03:01:05 UTC (1 m 0 s ago): ann@laptop: works');
  expect(text).toContain('backup: none that can be opened');
  expect(text).toContain('backup: the newest cannot be opened');
});

test('every decision has its words', () => {
  const why = 'because';
  expect(
    [
      { do: 'nothing' } as const,
      { do: 'heal', part: 'etcd', host: 'etcd-1', why } as const,
      { do: 'promote', candidate: 'worker-1', lost: ['master-1', 'master-2'], why } as const,
      { do: 'promote', candidate: 'worker-1', lost: [], why } as const,
      { do: 'look-at-candidates', why } as const,
      { do: 'wait', reason: 'blind', why, help: [] } as const,
    ].map(decisionText),
  ).toEqual([
    'nothing is to be done',
    'heal etcd on etcd-1: because',
    'promote worker-1; lost: master-1, master-2: because',
    'promote worker-1; lost: none: because',
    'look at the candidates: because',
    'wait (blind): because',
  ]);
});

test('times are said in their two largest units', () => {
  expect([0, 59.9, 60, 3725, 90_000, 86_400 * 400, -3].map(span)).toEqual([
    '0 s',
    '59 s',
    '1 m 0 s',
    '1 h 2 m',
    '1 d 1 h',
    '400 d 0 h',
    '0 s',
  ]);
});

test('of a load balancer that is not holdfast’s nothing is said but whether the API answers there', () => {
  const view = (internal: 'ready' | 'silent') => ({ ssh: {}, api: {}, addresses: { internal } });
  const said = (...answers: ('ready' | 'silent')[]) => {
    const points = answers.map((answer, i) => [`bastion-${i + 1}`, view(answer)]);
    const vantagePoints = Object.fromEntries(points) as Picture['vantagePoints'];
    const picture = { ...masterOff.picture!, vantagePoints, balancers: {} };
    return failoverText({ ...masterOff, picture }, 'http://ui/run-1', now).split('\n');
  };
  expect(said('ready')).toContain('  address internal: API ready');
  expect(said('silent', 'ready')).toContain('  address internal: API silent 1/2, ready 1/2');
  expect(said('ready').join('\n')).not.toMatch(/held by|external/);
});
