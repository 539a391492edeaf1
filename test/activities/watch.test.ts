import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { watch } from '../../activities/watch.ts';
import type { ApiAnswer, Observation, Picture } from '../../cluster/failover/picture.ts';
import type { WatchCall, WatchInput } from '../../cluster/failover/watch-input.ts';
import { sshHosts } from '../../hosts/ssh-hosts.ts';
import type { SshHosts } from '../../hosts/ssh-hosts.ts';
import { freePort, killQuietly, standIn, startSshd } from '../hosts/sshd.ts';
import type { TestSshd } from '../hosts/sshd.ts';
import { FakeServer, Pki } from './watch/fake-servers.ts';

/** Of one host each: a bastion, a load balancer without haproxy, an etcd member, and two API servers on addresses of loopback. */
let pki: Pki;
let bastion: TestSshd;
let balancer: TestSshd;
let etcdHost: TestSshd;
let etcd: FakeServer;
let servers: FakeServer[];
let hosts: SshHosts;
let input: WatchInput;
let logged: string[];
let watching: ReturnType<typeof watch>;
let environments: MockActivityEnvironment[];

const apiPort = 6443;
const [master1, master2, virtual] = ['127.79.0.31', '127.79.0.32', '127.79.0.100'] as const;

beforeAll(async () => {
  pki = new Pki();
  [bastion, balancer, etcdHost] = await Promise.all([
    startSshd({ name: 'bastion-1' }),
    startSshd({ name: 'lb-1' }),
    startSshd({ name: 'etcd-1' }),
  ]);
  const etcdPort = await freePort();
  writeFileSync(pki.path('etcd.env'), pki.etcdEnvironment(etcdPort));
  etcd = new FakeServer(pki, 'etcd', '127.0.0.1', etcdPort, {
    leases: [master1, master2],
    leader: '11',
    members: [{ ID: '11', name: 'etcd1', clientURLs: ['https://127.79.0.21:2379'] }],
  });
  servers = [master1, master2, virtual].map(
    (address) => new FakeServer(pki, 'api', address, apiPort, { readyz: 200 }),
  );
  input = {
    cluster: 'demo',
    vantagePoints: [
      {
        name: 'bastion-1',
        address: '127.0.0.1',
        target: bastion.target(),
        balancer: false,
        first: true,
        asks: ['internal'],
      },
      {
        name: 'lb-1',
        address: '127.0.0.1',
        target: balancer.target(),
        balancer: true,
        first: false,
        asks: ['internal'],
      },
    ],
    etcd: [{ name: 'etcd-1', address: '127.79.0.21', target: etcdHost.target() }],
    apiServers: [
      { name: 'master-1', address: master1 },
      { name: 'master-2', address: master2 },
    ],
    ssh: [{ name: 'etcd-1', address: '127.0.0.1', port: etcdHost.port }],
    addresses: { internal: { address: virtual, port: apiPort } },
  };
});

beforeEach(async () => {
  await Promise.all([etcd, ...servers].map((server) => server.start()));
  for (const server of [etcd, ...servers]) server.thaw();
  etcdLoop();
  etcd.set({ leases: [master1, master2], leader: '11' });
  for (const server of servers) server.set({ failures: 0 });
  // This machine may run a keepalived.
  filtered(balancer, `sed 's/Unit(.keepalived.)/Unit("none")/'`);
  hosts = sshHosts({ readyTimeout: 5_000 });
  logged = [];
  environments = [];
  const readLocalFile = () => Promise.reject(new Error('a watch reads no local file'));
  watching = watch({ hosts, readLocalFile });
});

afterEach(async () => {
  for (const environment of environments) environment.cancel();
  await hosts.close();
  for (const server of [etcd, ...servers]) expect(server.unknown).toBe('');
});

afterAll(async () => {
  await Promise.all([etcd, ...servers].map((server) => server.stop()));
  await Promise.all([bastion, balancer, etcdHost].map((sshd) => sshd.stop()));
  pki.remove();
});

/** The etcd member's loop finds its settings; with a change made to it. */
function etcdLoop(change = 'cat'): void {
  filtered(etcdHost, `${change} | sed s,/etc/etcd.env,${pki.path('etcd.env')},g`);
}

/** A host's python3 runs its program after it went through a filter: several hosts are one machine here. */
function filtered(sshd: TestSshd, filter: string): void {
  const script = `program=$(printf '%s' "$2" | ${filter})
PATH=\${PATH#*:} exec python3 -c "$program"`;
  standIn(sshd, 'python3', script);
}

function call(more: Partial<WatchCall>): Promise<Observation> {
  const logger = new DefaultLogger('INFO', ({ message }) => logged.push(message));
  const environment = new MockActivityEnvironment({}, { logger });
  environments.push(environment);
  return environment.run(watching, { ...input, returnInMs: 60_000, ...more });
}

const view = {
  ssh: { 'etcd-1': true },
  api: { 'master-1': 'ready', 'master-2': 'ready' },
  addresses: { internal: 'ready' },
} as const;
const allWell: Picture = {
  vantagePoints: { 'bastion-1': view, 'lb-1': view },
  balancers: { 'lb-1': { haproxy: false, keepalived: false, holds: [] } },
  etcd: {
    'etcd-1': { healthy: true, leader: 'etcd-1', leases: [master1, master2], alarms: [], fills: false },
  },
  nodes: null,
};

/** Processes that run a loop on a host. */
function loops(sshd: TestSshd): number[] {
  return sshd.sessions().filter((pid) => {
    try {
      return readFileSync(`/proc/${pid}/cmdline`, 'utf8').startsWith('python3\0-c');
    } catch {
      return false;
    }
  });
}

describe('a watch', () => {
  test('shows the whole picture at once to one who knows none', async () => {
    const { picture, since, until } = await call({});
    expect(picture).toEqual(allWell);
    expect(since).toBeLessThanOrEqual(until);
  });

  test('returns at its deadline where nothing changes, beating all the while', async () => {
    const began = Date.now();
    const beats = vi.fn();
    const ended = call({ known: allWell, returnInMs: 5_000 });
    environments[0]?.on('heartbeat', beats);
    const { picture, since, until } = await ended;
    expect(picture).toEqual(allWell);
    expect(until - began).toBeGreaterThanOrEqual(5_000);
    expect(until - since).toBeGreaterThan(0);
    expect(beats.mock.calls.length).toBeGreaterThan(2);
    expect(new Set(beats.mock.calls.flat())).toEqual(new Set([undefined]));
  });

  test('tells a server that was stopped from one that is frozen, from both vantage points', async () => {
    await call({});
    await servers[0]?.stop();
    const stopped = await until(apiIs('master-1', 'refused'));
    servers[1]?.freeze();
    await until(apiIs('master-2', 'silent'), stopped);
  });

  test('takes one failed probe for none', async () => {
    await call({});
    servers[0]?.set({ failures: 1 });
    const { picture } = await call({ known: allWell, returnInMs: 4_000 });
    expect(picture).toEqual(allWell);
  });

  test('goes on where the one before it ended: the same loops, no second beginning', async () => {
    await call({});
    const before = [bastion, balancer, etcdHost].flatMap(loops);
    expect(before).toHaveLength(3);
    await call({ known: allWell, returnInMs: 1_000 });
    expect([bastion, balancer, etcdHost].flatMap(loops)).toEqual(before);
  });

  test('knows from the one before it what one look alone would not change, with loops of its own', async () => {
    const known = {
      ...allWell,
      etcd: {
        'etcd-1': { healthy: true, leader: 'etcd-1', leases: ['127.79.0.33'], alarms: [], fills: false },
      },
    };
    await until(is(allWell), known);
  });

  test('sees what etcd says: leases that end, a leader that is gone, no quorum', async () => {
    await call({});
    etcd.set({ leases: [master2] });
    const one = {
      ...allWell,
      etcd: { 'etcd-1': { healthy: true, leader: 'etcd-1', leases: [master2], alarms: [], fills: false } },
    };
    await until(is(one));
    etcd.set({ leases: null, leader: '' });
    await until(
      is({
        ...allWell,
        etcd: { 'etcd-1': { healthy: false, leader: '', leases: null, alarms: [], fills: false } },
      }),
      one,
    );
  });

  test('leaves nothing on the hosts a moment after it was cancelled', async () => {
    await call({});
    const running = [bastion, balancer, etcdHost].flatMap(loops);
    const ended = call({ known: allWell });
    setTimeout(() => environments[1]?.cancel('CANCELLED'), 150);
    await expect(ended).rejects.toMatchObject({ name: 'CancelledFailure' });
    await vi.waitUntil(() => running.every((pid) => !existsSync(`/proc/${pid}`)), { timeout: 10_000 });
  });
});

describe('a host that', () => {
  test('is lost is null within some seconds, and seen again when it is back', async () => {
    await call({});
    const processes = balancer.sessions();
    for (const pid of processes) killQuietly(pid, 'SIGSTOP');
    const frozen = {
      ...allWell,
      vantagePoints: { ...allWell.vantagePoints, 'lb-1': null },
      balancers: { 'lb-1': null },
    };
    await until(is(frozen));
    for (const pid of processes) killQuietly(pid, 'SIGCONT');
    await until(is(allWell), frozen);
  });

  test('is not there at first is not waited for by who knows that', async () => {
    const known = { ...allWell, etcd: { 'etcd-1': null } };
    etcdLoop('sed "s/^import json.*/import sys; sys.exit(3)/"');
    const began = Date.now();
    const seen = await call({ known, returnInMs: 100 });
    expect(seen.picture).toEqual(known);
    expect(seen.since - began).toBeLessThan(4_000);
    etcdLoop();
    await until(is(allWell), known);
    expect(logged).toContain('etcd-1: its loop ended with code 3: ');
  });

  test.each([
    ['garbage', 'sed "s/^run(look)/print(12)/"', /etcd-1: its loop printed what is no look/],
    ['another shape', `sed "s/'leader': /'master': /"`, /etcd-1: .*no look/],
    [
      'a line without end',
      `sed 's/^run(look)/while True: sys.stdout.write("x" * 65536)/'`,
      /etcd-1: .*a line of more than/,
    ],
  ])('says %s is not heard, and the others are', async (_, change, why) => {
    etcdLoop(change);
    const { picture } = await call({});
    expect(picture).toEqual({ ...allWell, etcd: { 'etcd-1': null } });
    expect(logged).toEqual([expect.stringMatching(why)]);
  });

  test('refuses our key is not heard, and a person is told why', async () => {
    const stranger = { ...etcdHost.target(), identityFile: join(bastion.dir, 'user') };
    const { picture } = await call({ etcd: [{ name: 'etcd-1', address: '127.79.0.21', target: stranger }] });
    expect(picture.etcd).toEqual({ 'etcd-1': null });
    expect(logged).toEqual([expect.stringMatching(/^etcd-1: .* refuses /)]);
  });
});

/** Watches on, as the workflow does, until the picture is as wanted: several loops may tell of one event one after the other. */
async function until(wanted: (picture: Picture) => boolean, known: Picture = allWell): Promise<Picture> {
  const { picture } = await call({ known, returnInMs: 20_000 });
  if (isDeepStrictEqual(picture, known)) throw new Error(`it stays as it is: ${JSON.stringify(picture)}`);
  return wanted(picture) ? picture : until(wanted, picture);
}

const is = (wanted: Picture) => (picture: Picture) => isDeepStrictEqual(picture, wanted);
const apiIs = (name: string, answer: ApiAnswer) => (picture: Picture) =>
  Object.values(picture.vantagePoints).every((point) => point?.api[name] === answer);
