import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { get } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { IncomingMessage } from 'node:http';
import { execa } from 'execa';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { BalancerInput } from '../../../cluster/steps.ts';
import { FakeApiServer } from './fake-api-server.ts';
import { freePort, HaproxyProcess } from './haproxy-process.ts';

const present = (await execa('haproxy', ['-v'], { reject: false })).exitCode === 0;
const masters = ['master-1', 'master-2', 'master-3'];
const soon = { timeout: 25_000, interval: 100 };

describe.skipIf(!present)('haproxy as rendered', { timeout: 60_000 }, () => {
  let dir: string;
  let servers: FakeApiServer[];
  let haproxy: HaproxyProcess;
  let node: Server;
  let port: number, apiPort: number, forwardPort: number, proxiedPort: number;
  const watches: IncomingMessage[] = [];

  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'holdfast-haproxy-'));
    const tls = await certificate(dir);
    servers = masters.map((name) => new FakeApiServer(name, tls));
    const listening = await Promise.all(servers.map(async (s) => [s.name, await s.listen()] as const));
    node = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.once('data', (data: Buffer) => socket.end(clientIn(data) ?? 'node port'));
    }).listen(0, '127.0.0.1');
    await once(node, 'listening');
    [port, apiPort, forwardPort, proxiedPort] = [
      ...[await freePort(), await freePort()],
      ...[await freePort(), await freePort()],
    ] as [number, number, number, number];
    const nodePort = (node.address() as AddressInfo).port;
    haproxy = await HaproxyProcess.start(
      dir,
      input({ port, apiPort, forwardPort, proxiedPort, nodePort }),
      new Map([...listening, ['worker-1', await freePort()]]),
    );
    await vi.waitFor(() => statuses('api', 'UP'), soon);
    await vi.waitFor(() => statuses('api-with-etcd', 'UP'), soon);
  });

  afterEach(async () => {
    for (const watch of watches.splice(0)) watch.destroy();
    await haproxy.stop();
    await Promise.all(servers.map((server) => server.close()));
    node.close();
    await rm(dir, { recursive: true });
  });

  it('spreads connections over the API servers, and a candidate without one is down', async () => {
    await vi.waitFor(async () => expect(await haproxy.status('api', 'worker-1')).toBe('DOWN'), soon);
    expect(await names(6)).toEqual(new Set(masters));
  });

  it('closes the sessions of a server that answers no more, and sends new ones elsewhere', async () => {
    const [frozen, ...others] = await watchEach();
    servers[0]!.frozen = true;
    await vi.waitFor(() => expect(frozen!.destroyed).toBe(true), soon);
    expect(others.map((watch) => watch.destroyed)).toEqual([false, false]);
    expect(await names(6)).toEqual(new Set(['master-2', 'master-3']));
  });

  it('keeps every session, and takes new ones, while etcd fails everywhere', async () => {
    const open = await watchEach();
    for (const server of servers) server.ready = 500;
    await vi.waitFor(() => statuses('api-with-etcd', 'NOLB'), soon);
    await statuses('api', 'UP');
    expect(open.map((watch) => watch.destroyed)).toEqual([false, false, false]);
    expect(await names(6)).toEqual(new Set(masters));
  });

  it('sends no new session to a server that alone has lost etcd, and leaves it those that it has', async () => {
    const open = await watchEach();
    await loseEtcd('master-1');
    expect(await names(6)).toEqual(new Set(['master-2', 'master-3']));
    expect(open.map((watch) => watch.destroyed)).toEqual([false, false, false]);
  });

  it('closes the sessions that passed by a server without etcd, when their own server answers no more', async () => {
    await loseEtcd('master-1');
    const [frozen, other] = await watchEach(['master-2', 'master-3']);
    servers[1]!.frozen = true;
    await vi.waitFor(() => expect(frozen!.destroyed).toBe(true), soon);
    expect(other!.destroyed).toBe(false);
  });

  it('keeps the sessions that passed by a server without etcd, when etcd fails on theirs too', async () => {
    await loseEtcd('master-1');
    const open = await watchEach(['master-2', 'master-3']);
    for (const server of servers) server.ready = 500;
    await vi.waitFor(() => statuses('api-with-etcd', 'NOLB'), soon);
    expect(open.map((watch) => watch.destroyed)).toEqual([false, false]);
  });

  it('drains a server that says it is shutting down', async () => {
    const open = await watchEach();
    Object.assign(servers[0]!, { ready: 500, readyWithoutEtcd: 500 });
    await vi.waitFor(async () => expect(await haproxy.status('api', 'master-1')).toBe('NOLB'), soon);
    expect(await names(6)).toEqual(new Set(['master-2', 'master-3']));
    expect(open.map((watch) => watch.destroyed)).toEqual([false, false, false]);
  });

  it('sends on while every server answers its checks too slowly, even where etcd fails too', async () => {
    for (const server of servers) Object.assign(server, { ready: 500, slow: 3000 });
    await vi.waitFor(() => statuses('api', 'DOWN'), soon);
    expect(await names(6)).toEqual(new Set(masters));
  });

  it('sends nothing to servers that start, where no other is left', async () => {
    servers[0]!.frozen = true;
    for (const server of servers.slice(1)) Object.assign(server, { ready: 500, readyWithoutEtcd: 500 });
    const patient = () => Promise.all(masters.map((name) => haproxy.status('api-patient', name)));
    await vi.waitFor(async () => expect(await patient()).toEqual(['DOWN', 'NOLB', 'NOLB']), soon);
    await expect(ask({ port })).rejects.toThrow(/ECONNRESET|disconnected|hang up/);
  });

  it('lets only the sources of apiAllow reach the API from outside', async () => {
    expect(masters).toContain(await ask({ port: apiPort, localAddress: '127.0.0.2' }));
    await expect(ask({ port: apiPort, localAddress: '127.0.0.3' })).rejects.toThrow(
      /ECONNRESET|disconnected/,
    );
  });

  it('answers the health question, and carries forwarded ports to the nodes', async () => {
    expect(await (await fetch(`http://127.0.0.1:${haproxy.healthPort}/`)).text()).toBe('ok');
    await vi.waitFor(async () => expect(await curled(forwardPort)).toBe('node port'), soon);
  });

  it('tells a node port that expects it whose connection it carries, by the PROXY protocol', async () => {
    await vi.waitFor(async () => expect(await curled(proxiedPort)).toBe('for 127.0.0.1'), soon);
  });

  async function curled(at: number): Promise<string> {
    const { stdout } = await execa('curl', ['-s', '--http0.9', `127.0.0.1:${at}`], { reject: false });
    return stdout;
  }

  async function statuses(backend: string, wanted: string): Promise<void> {
    const found = await Promise.all(masters.map((name) => haproxy.status(backend, name)));
    expect(found).toEqual(masters.map(() => wanted));
  }

  async function loseEtcd(name: string): Promise<void> {
    servers[masters.indexOf(name)]!.ready = 500;
    await vi.waitFor(async () => expect(await haproxy.status('api-with-etcd', name)).toBe('NOLB'), soon);
  }

  /** One open watch on each server, in the servers' order. */
  async function watchEach(of = masters): Promise<IncomingMessage[]> {
    const found = new Map<string, IncomingMessage>();
    while (found.size < of.length) {
      const watch = await request({ port, path: '/watch' });
      watch.on('error', () => undefined);
      watches.push(watch);
      const [name] = (await once(watch, 'data')) as [Buffer];
      found.set(name.toString(), watch);
    }
    return of.map((name) => found.get(name)!);
  }

  async function names(times: number): Promise<Set<string>> {
    const answered = new Set<string>();
    for (let i = 0; i < times; i++) answered.add(await ask({ port }));
    return answered;
  }
});

/** The client's address in a header of the PROXY protocol, version 2, over IPv4; undefined where there is none. */
function clientIn(data: Buffer): string | undefined {
  const signature = Buffer.from('\r\n\r\n\0\r\nQUIT\n');
  if (!data.subarray(0, 12).equals(signature)) return undefined;
  return `for ${[...data.subarray(16, 20)].join('.')}`;
}

function input(
  ports: Record<'port' | 'apiPort' | 'forwardPort' | 'proxiedPort' | 'nodePort', number>,
): BalancerInput {
  const local = (name: string) => ({ name, address: '127.0.0.1' });
  return {
    loadBalancer: {
      internal: { address: '127.0.0.1', port: ports.port, routerId: 51 },
      external: {
        address: '127.0.0.1',
        routerId: 52,
        forward: [
          { port: ports.forwardPort, nodePort: ports.nodePort },
          { port: ports.proxiedPort, nodePort: ports.nodePort, proxyProtocol: true },
        ],
        apiPort: ports.apiPort,
        apiAllow: ['127.0.0.2/32'],
      },
      prefixLength: 8,
    },
    // Not fast: a test machine that pauses for 200 ms must not look like a server that fails.
    timings: 'calm',
    balancers: [local('lb-1')],
    apiServers: [
      ...masters.map((name) => ({ ...local(name), candidate: false })),
      { ...local('worker-1'), candidate: true },
    ],
    workerNodes: [local('worker-1')],
  };
}

async function certificate(dir: string): Promise<{ key: string; cert: string }> {
  const args = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  const { stdout } = await execa(
    'openssl',
    [...args, '-subj', '/CN=kube-apiserver', '-keyout', '-', '-out', '-'],
    {
      cwd: dir,
    },
  );
  return { key: stdout, cert: stdout };
}

/** A new connection each time, as the names of servers are asked for. */
function request(where: { port: number; path: string; localAddress?: string }): Promise<IncomingMessage> {
  return new Promise((answered, failed) => {
    get({ host: '127.0.0.1', rejectUnauthorized: false, agent: false, ...where }, answered).on(
      'error',
      failed,
    );
  });
}

async function ask(where: { port: number; localAddress?: string }): Promise<string> {
  const response = await request({ path: '/name', ...where });
  let body = '';
  for await (const chunk of response) body += String(chunk);
  return body;
}
