import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { execa } from 'execa';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { parseProbeLog } from '../../../cluster/drill/probe-log.ts';
import type { ProbeLog, Stall, Try } from '../../../cluster/drill/probe-log.ts';

const program = join(import.meta.dirname, '..', '..', '..', 'activities', 'drill', 'prober.py');
const path = '/api/v1/namespaces/holdfast-drill/configmaps/probe';
let dir: string;
let tls: { key: string; cert: string };
let server: Server;
/** What the API server does with a request. */
let behave: (request: IncomingMessage, response: ServerResponse) => void;
let asked: { method: string; url: string; authorization: string; body: string; connection: unknown }[];

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'holdfast-prober-'));
  const [key, cert] = [join(dir, 'key.pem'), join(dir, 'cert.pem')];
  await execa('openssl', [
    ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'],
    ...['-keyout', key, '-out', cert, '-subj', '/CN=api', '-addext', 'subjectAltName=IP:127.0.0.1'],
  ]);
  tls = { key: await readFile(key, 'utf8'), cert: await readFile(cert, 'utf8') };
  server = createServer(tls, (request, response) => {
    void text(request).then((body) => {
      const { method = '', url = '', headers, socket } = request;
      asked.push({ method, url, authorization: headers.authorization ?? '', body, connection: socket });
      behave(request, response);
    });
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
});

afterAll(async () => {
  server.closeAllConnections();
  server.close();
  await rm(dir, { recursive: true, force: true });
});

const children: ChildProcess[] = [];
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

/** Starts a prober of a read and a write stream; `ended` gives what it wrote. */
async function probe(options: {
  seconds: number;
  ca?: string;
  port?: number;
  limit?: number;
  every?: number;
}) {
  asked = [];
  const own = await mkdtemp(join(dir, 'run-'));
  const [config, stop] = [join(own, 'config.json'), join(own, 'stop')];
  const port = options.port ?? (server.address() as AddressInfo).port;
  const stream = (kind: string) => ({ address: 'internal', host: '127.0.0.1', port, kind, path });
  const want = {
    ...{ client: 'bastion-1', ca: options.ca ?? tls.cert, token: 'a-token' },
    ...{ every: options.every ?? 0.1, limit: options.limit ?? 1, seconds: options.seconds },
    streams: [stream('read'), stream('write')],
  };
  await writeFile(config, JSON.stringify(want), { mode: 0o600 });
  const child = spawn('python3', [program, config], { stdio: ['ignore', 'pipe', 'inherit'] });
  children.push(child);
  const ended = text(child.stdout).then((out) => parseProbeLog(out) as ProbeLog);
  return { child, config, stop, ended };
}

const ok = (_: IncomingMessage, response: ServerResponse) => response.end('{"kind":"ConfigMap"}');
const errors = (log: ProbeLog) => [...new Set(log.tries.map(({ error }) => error))];

describe('the prober', () => {
  it('reads and writes by a new connection each, with its token, ten times a second, until its time is over', async () => {
    behave = ok;
    const { config, ended } = await probe({ seconds: 2 });
    const log = await ended;
    expect(errors(log)).toEqual([undefined]);
    const [reads, writes] = [0, 1].map((stream) => log.tries.filter((one) => one.stream === stream).length);
    // As many as the schedule has, less what the machine was too busy for, and that is said.
    const missed = Math.ceil(log.stalls.reduce((sum, { ms }) => sum + ms, 0) / 100);
    for (const count of [reads, writes]) expect(20 - (count ?? 0)).toBeLessThanOrEqual(missed + 1);
    expect(log.ended).toBeGreaterThan(log.tries.at(-1)?.at as number);
    expect(new Set(asked.map(({ connection }) => connection)).size).toBe(asked.length);
    expect(new Set(asked.map(({ authorization }) => authorization))).toEqual(new Set(['Bearer a-token']));
    expect(new Set(asked.map(({ method, url }) => `${method} ${url}`))).toEqual(
      new Set([`GET ${path}`, `PATCH ${path}`]),
    );
    const counts = asked.flatMap(({ body }) =>
      body === '' ? [] : Number((JSON.parse(body) as { data: { count: string } }).data.count),
    );
    expect(counts.length).toBe(writes);
    expect(new Set(counts).size).toBe(writes);
    expect(existsSync(config)).toBe(false);
  });

  it('begins its next tries while one is not answered, and gives that one up after a second', async () => {
    let held = false;
    behave = (request, response) => {
      if (held) ok(request, response);
      held = true;
    };
    const log = await (await probe({ seconds: 1.5 })).ended;
    const failed = log.tries.filter(({ error }) => error !== undefined);
    expect(failed.map(({ error }) => error)).toEqual(['answer timeout']);
    expect(failed[0]?.ms).toBeGreaterThanOrEqual(990);
    const { at, ms } = failed[0] as Try;
    const meanwhile = log.tries.filter((one) => one.at > at && one.at < at + ms);
    expect(meanwhile.length).toBeGreaterThan(5);
  });

  it('says how each try failed: by its answer, a cut, a closed port, a certificate of someone else', async () => {
    behave = (_, response) => response.writeHead(503).end();
    expect(errors(await (await probe({ seconds: 0.3 })).ended)).toEqual(['HTTP 503']);
    behave = (request) => request.socket.destroy();
    expect(errors(await (await probe({ seconds: 0.3 })).ended)[0]).toMatch(/^answer (closed|reset)$/);
    expect(errors(await (await probe({ seconds: 0.3, port: 1 })).ended)).toEqual(['connect refused']);
    const other = await execa('openssl', [
      ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'],
      ...['-keyout', '/dev/null', '-subj', '/CN=api'],
    ]);
    const stranger = await (await probe({ seconds: 0.3, ca: other.stdout })).ended;
    expect(errors(stranger)[0]).toMatch(/^tls certificate/);
    expect(asked).toEqual([]);
  });

  it('ends when it is told to, with its last tries', async () => {
    behave = ok;
    const { stop, ended } = await probe({ seconds: 600 });
    await expect.poll(() => asked.length, { timeout: 20_000 }).toBeGreaterThan(5);
    await writeFile(stop, '');
    const log = await ended;
    expect(log.ended).toBeDefined();
    expect(log.tries.length).toBeGreaterThanOrEqual(asked.length);
  });

  it('says that it stood still itself, and makes up for nothing', async () => {
    behave = ok;
    const { child, stop, ended } = await probe({ seconds: 600 });
    await expect.poll(() => asked.length, { timeout: 20_000 }).toBeGreaterThan(5);
    const stopped = Date.now();
    child.kill('SIGSTOP');
    await new Promise((done) => setTimeout(done, 700));
    const before = asked.length;
    const continued = Date.now();
    child.kill('SIGCONT');
    await expect.poll(() => asked.length, { timeout: 20_000 }).toBeGreaterThan(before + 5);
    await writeFile(stop, '');
    const { stalls, tries } = await ended;
    // A busy machine may add some of its own, before and after.
    const long = stalls.filter(({ at, ms }) => ms > 500 && at > stopped - 200 && at < continued);
    expect(long).toHaveLength(1);
    const { at, ms } = long[0] as Stall;
    expect(tries.filter((one) => one.at > at && one.at < at + ms)).toEqual([]);
  });

  it('says once that a tick was late, though the next one is far away', async () => {
    behave = ok;
    const { child, stop, ended } = await probe({ seconds: 600, every: 2 });
    await expect.poll(() => asked.length, { timeout: 20_000 }).toBeGreaterThan(0);
    child.kill('SIGSTOP');
    await new Promise((done) => setTimeout(done, 1300));
    child.kill('SIGCONT');
    const before = asked.length;
    await expect.poll(() => asked.length, { timeout: 20_000 }).toBeGreaterThan(before);
    await writeFile(stop, '');
    const { stalls } = await ended;
    const times = stalls.map(({ at }) => at);
    expect(times.length).toBeGreaterThan(0);
    expect(new Set(times).size).toBe(times.length);
  });
});
