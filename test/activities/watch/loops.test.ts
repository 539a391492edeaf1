import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { Server, Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { isDeepStrictEqual } from 'node:util';
import { execaSync } from 'execa';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { etcdReader, vantageReader } from '../../../activities/watch/answers.ts';
import { etcdLoop } from '../../../activities/watch/etcd-loop.ts';
import type { EtcdQuestion, VantageQuestion } from '../../../activities/watch/questions.ts';
import { vantageLoop } from '../../../activities/watch/vantage-loop.ts';
import { freePort } from '../../hosts/sshd.ts';
import type { EtcdView } from '../../../cluster/failover/picture.ts';
import { FakeServer, Pki, systemFirst } from './fake-servers.ts';

let pki: Pki;
beforeAll(() => void (pki = new Pki()));
const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});
afterAll(() => pki.remove());

const nothing: VantageQuestion = {
  api: {},
  apiPort: 1,
  ssh: {},
  asks: {},
  source: null,
  kubeconfig: null,
  nfs: null,
  balancer: null,
  healthPort: 1,
};

async function server(kind: 'api' | 'etcd' | 'health', state: object): Promise<FakeServer> {
  const fake = await new FakeServer(pki, kind, '127.0.0.1', await freePort(), state).start();
  cleanups.push(async () => {
    await fake.stop();
    expect(fake.unknown).toBe('');
  });
  return fake;
}

/** Looks that a loop prints, one after another. */
function looks(program: string, question: VantageQuestion | EtcdQuestion) {
  const child = spawn('python3', ['-c', program], { stdio: ['pipe', 'pipe', 'inherit'], env: systemFirst });
  cleanups.push(() => child.kill('SIGKILL'));
  child.stdin.write(`${JSON.stringify(question)}\n`);
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  const next = async () => (await lines.next()).value as string;
  return {
    child: child as ChildProcess,
    next,
    /** Passes over looks from before a change. */
    until: async (wanted: (line: string) => boolean) => {
      for (let line = await next(); !wanted(line); line = await next()) expect(line).toBeDefined();
    },
  };
}

describe('the programs', () => {
  test.each([
    ['vantage point', vantageLoop],
    ['etcd', etcdLoop],
  ])('for a %s are in a language that Python 3.6 knows', (_, program) => {
    const check = 'import ast, sys; ast.parse(sys.stdin.read(), feature_version=(3, 6))';
    execaSync('python3', ['-c', check], { input: program });
  });

  test('end when nobody listens any more', async () => {
    const { child, next } = looks(vantageLoop, nothing);
    await next();
    child.stdin?.end();
    await once(child, 'exit');
  });
});

describe('a vantage point', () => {
  test('tells ready, unready, refused and silent apart, and notices each change', async () => {
    const api = await server('api', { readyz: 200 });
    const loop = looks(vantageLoop, { ...nothing, api: { one: '127.0.0.1' }, apiPort: api.port });
    const says = (answer: string) =>
      loop.until((line) => line === `{"view":{"ssh":{},"api":{"one":"${answer}"},"addresses":{}}}`);
    await says('ready');
    api.set({ readyz: 500 });
    await says('unready');
    api.freeze();
    await says('silent');
    api.thaw();
    api.set({ readyz: 200 });
    await says('ready');
    await api.stop();
    await says('refused');
    await api.start();
    await says('ready');
  }, 20_000);

  test('takes a server that hangs up for one that refuses, and one that speaks no TLS for one that is not ready', async () => {
    const hangsUp = await listener((socket) => socket.destroy());
    const garbage = await listener((socket) => void socket.write('SSH-2.0-no-tls\r\n'));
    const loop = looks(vantageLoop, {
      ...nothing,
      asks: { internal: ['127.0.0.1', hangsUp], external: ['127.0.0.1', garbage] },
      source: '127.0.0.1',
    });
    expect(JSON.parse(await loop.next())).toEqual({
      view: { ssh: {}, api: {}, addresses: { internal: 'refused', external: 'unready' } },
    });
  });

  test('looks for a greeting of sshd, not just for an open port', async () => {
    const greets = await listener((socket) => void socket.write('SSH-2.0-OpenSSH_9.2\r\n'));
    const mute = await listener(() => {});
    const closed = await freePort();
    const question: VantageQuestion = {
      ...nothing,
      ssh: { greets: ['127.0.0.1', greets], mute: ['127.0.0.1', mute], closed: ['127.0.0.1', closed] },
    };
    const line = await looks(vantageLoop, question).next();
    expect(vantageReader(question)(line, true)).toEqual({
      view: { ssh: { greets: true, mute: false, closed: false }, api: {}, addresses: {} },
    });
  });

  test('asks sshd seldom while all is well, and in each look once the API beside it falls silent', async () => {
    let greeted = 0;
    const port = await listener((socket) => {
      greeted++;
      socket.write('SSH-2.0-OpenSSH_9.2\r\n');
    });
    const api = await server('api', { readyz: 200 });
    const loop = looks(vantageLoop, {
      ...nothing,
      api: { one: '127.0.0.1' },
      apiPort: api.port,
      ssh: { one: ['127.0.0.1', port] },
    });
    for (let look = 0; look < 5; look++) await loop.next();
    // At first, and once more to be sure.
    expect(greeted).toBeLessThan(5);
    const before = greeted;
    api.freeze();
    cleanups.push(api.thaw);
    for (let silent = 0; silent < 4;) if ((await loop.next()).includes('silent')) silent++;
    expect(greeted).toBeGreaterThanOrEqual(before + 3);
  }, 20_000);

  test('lists nodes and who of them is control plane, by the kubeconfig', async () => {
    const api = await server('api', {
      readyz: 200,
      nodes: [
        ['master-1', 'Ready', 'control-plane'],
        ['worker-1', 'Ready,SchedulingDisabled', 'control-plane,worker'],
        ['worker-2', 'NotReady', '<none>'],
      ],
    });
    const kubeconfig = pki.path('kubeconfig');
    writeFileSync(kubeconfig, pki.kubeconfig(`https://127.0.0.1:${api.port}`), { mode: 0o600 });
    const question = { ...nothing, kubeconfig };
    const loop = looks(vantageLoop, question);
    expect(vantageReader(question)(await loop.next(), true)).toMatchObject({
      nodes: {
        'master-1': { ready: true, controlPlane: true },
        'worker-1': { ready: true, controlPlane: true },
        'worker-2': { ready: false, controlPlane: false },
      },
    });
  });

  test('says that the API told nothing where there is no kubeconfig, or none answers', async () => {
    const absent = looks(vantageLoop, { ...nothing, kubeconfig: pki.path('no-kubeconfig') });
    expect(JSON.parse(await absent.next())).toMatchObject({ nodes: null });
    const kubeconfig = pki.path('kubeconfig-to-nobody');
    writeFileSync(kubeconfig, pki.kubeconfig(`https://127.0.0.1:${await freePort()}`));
    expect(JSON.parse(await looks(vantageLoop, { ...nothing, kubeconfig }).next())).toMatchObject({
      nodes: null,
    });
  });

  test('that is a load balancer says whether haproxy carries requests, keepalived runs, and what it holds', async () => {
    const health = await server('health', { health: 200 });
    const proc = pki.path('proc');
    const process = (pid: number, state: string) => {
      mkdirSync(`${proc}/${pid}`, { recursive: true });
      writeFileSync(`${proc}/${pid}/stat`, `${pid} (keepalived) ${state} 1 1`);
      writeFileSync(`${proc}/${pid}/cgroup`, '1:name=systemd:/system.slice/keepalived.service\n');
    };
    mkdirSync(`${proc}/net`, { recursive: true });
    writeFileSync(`${proc}/net/fib_trie`, trie);
    process(10, 'S');
    process(11, 'S');
    const question: VantageQuestion = {
      ...nothing,
      balancer: { internal: '10.0.0.100', external: '10.0.0.101' },
      healthPort: health.port,
    };
    const loop = looks(vantageLoop.replaceAll('/proc', proc), question);
    const read = vantageReader(question);
    const says = (haproxy: boolean, keepalived: boolean) =>
      loop.until((line) =>
        isDeepStrictEqual(read(line, false)['balancer'], { haproxy, keepalived, holds: ['internal'] }),
      );
    await says(true, true);
    health.freeze();
    process(11, 'T');
    await says(false, false);
    health.thaw();
    process(12, 'S');
    await says(true, true);
  }, 20_000);
});

describe('an etcd member', () => {
  const calm = { alarms: [], fills: false };
  const members = [
    { ID: '11', name: 'etcd1', clientURLs: ['https://10.0.0.21:2379'] },
    { ID: '12', name: 'etcd2', clientURLs: ['https://10.0.0.22:2379'] },
    { ID: '13', name: 'from-elsewhere', clientURLs: ['https://10.9.9.9:2379'] },
    { ID: '14', name: 'etcd4', clientURLs: ['https://etcd4.example:2379'] },
  ];
  const question: EtcdQuestion = {
    names: { '10.0.0.21': 'etcd-1', '10.0.0.22': 'etcd-2', etcd4: 'etcd-4' },
  };
  const program = () => etcdLoop.replaceAll('/etc/etcd.env', pki.path('etcd.env'));

  test('tells health, its leader by the name of its host, and who holds a lease', async () => {
    const etcd = await server('etcd', { leases: ['10.0.0.32', '10.0.0.31'], leader: '12', members });
    writeFileSync(pki.path('etcd.env'), pki.etcdEnvironment(etcd.port));
    const loop = looks(program(), question);
    const says = (view: EtcdView) => loop.until((line) => isDeepStrictEqual(etcdReader(line, false), view));
    await says({ healthy: true, leader: 'etcd-2', leases: ['10.0.0.31', '10.0.0.32'], ...calm });
    etcd.set({ leader: '13', leases: [] });
    await says({ healthy: true, leader: 'from-elsewhere', leases: [], ...calm });
    etcd.set({ leader: '14' });
    await says({ healthy: true, leader: 'etcd-4', leases: [], ...calm });
    etcd.set({ leader: '', leases: null });
    await says({ healthy: false, leader: '', leases: null, ...calm });
  });

  test('tells alarms once each by their names, and a database that nears its quota', async () => {
    const etcd = await server('etcd', { leases: [], leader: '11', members });
    writeFileSync(pki.path('etcd.env'), pki.etcdEnvironment(etcd.port));
    const loop = looks(program(), question);
    const says = (view: EtcdView) => loop.until((line) => isDeepStrictEqual(etcdReader(line, false), view));
    const well = { healthy: true, leader: 'etcd-1', leases: [] };
    etcd.set({ dbSize: 1_717_986_919 });
    await says({ ...well, alarms: [], fills: true });
    const errors = [
      'memberID:1 alarm:NOSPACE ',
      'memberID:2 alarm:NOSPACE ',
      'memberID:2 alarm:CORRUPT ',
      'etcdserver: no leader',
    ];
    etcd.set({ errors });
    await says({ ...well, alarms: ['CORRUPT', 'NOSPACE'], fills: true });
    etcd.set({ errors: [], dbSize: 1_717_986_918 });
    await says({ ...well, ...calm });
  });

  test('that hangs does not make the look hang, nor one that is stopped', async () => {
    const etcd = await server('etcd', { leases: [], leader: '11', members });
    writeFileSync(pki.path('etcd.env'), pki.etcdEnvironment(etcd.port));
    const loop = looks(program(), question);
    const says = (view: EtcdView) => loop.until((line) => isDeepStrictEqual(etcdReader(line, false), view));
    await says({ healthy: true, leader: 'etcd-1', leases: [], ...calm });
    etcd.freeze();
    await says({ healthy: false, leader: '', leases: null, ...calm });
    etcd.thaw();
    await says({ healthy: true, leader: 'etcd-1', leases: [], ...calm });
    await etcd.stop();
    await says({ healthy: false, leader: '', leases: null, ...calm });
    await etcd.start();
    await says({ healthy: true, leader: 'etcd-1', leases: [], ...calm });
  }, 20_000);
});

async function listener(onConnection: (socket: Socket) => void): Promise<number> {
  const listening: Server = createServer((socket) => onConnection(socket.on('error', () => {})));
  await new Promise<void>((done) => listening.listen(0, '127.0.0.1', done));
  cleanups.push(() => listening.close());
  return (listening.address() as { port: number }).port;
}

const trie = `Main:
  +-- 0.0.0.0/0 3 0 5
     |-- 10.0.0.0
        /24 link UNICAST
     |-- 10.0.0.11
        /32 host LOCAL
     |-- 10.0.0.100
        /32 host LOCAL
     |-- 10.0.0.101
        /32 link BROADCAST
`;
