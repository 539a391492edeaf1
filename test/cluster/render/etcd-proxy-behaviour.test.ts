import { once } from 'node:events';
import { readFile, rm, mkdtemp, writeFile } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { get } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { renderCertificatesScript } from '../../../cluster/render/etcd-proxy-certificates.ts';
import type { EtcdProxyInput } from '../../../cluster/steps.ts';
import { EtcdAuthority } from './etcd-authority.ts';
import { EtcdProxyProcess } from './etcd-proxy-process.ts';
import { FakeEtcd } from './fake-etcd.ts';

const present = (await execa('haproxy', ['-v'], { reject: false })).exitCode === 0;
const members = ['etcd-1', 'etcd-2', 'etcd-3'];
const soon = { timeout: 25_000, interval: 100 };
// Not fast: a test machine that pauses for 300 ms must not look like a member that fails.
const input: EtcdProxyInput = {
  etcd: members.map((name) => ({ name, address: '127.0.0.1' })),
  timings: 'calm',
  balancer: false,
};

describe.skipIf(!present)('haproxy before etcd as rendered', { timeout: 60_000 }, () => {
  let dir: string, run: string, script: string;
  let authority: EtcdAuthority;
  let tls: { ca: string; cert: string; key: string };
  let etcd: FakeEtcd[];
  let proxy: EtcdProxyProcess;
  const watches: IncomingMessage[] = [];

  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'holdfast-etcd-proxy-'));
    [run, script] = [join(dir, 'run'), join(dir, 'certificates')];
    authority = await EtcdAuthority.make(join(dir, 'ssl'));
    await authority.issue('member');
    await authority.issue('node-master-1', 'the first');
    const [ca, cert, key] = (await Promise.all(
      ['ca.pem', 'member.pem', 'member-key.pem'].map((name) => readFile(join(authority.dir, name), 'utf8')),
    )) as [string, string, string];
    tls = { ca, cert, key };
    etcd = members.map((name) => new FakeEtcd(name, tls));
    const listening = await Promise.all(etcd.map(async (one) => [one.name, await one.listen()] as const));
    const text = renderCertificatesScript('master-1', 'proxy.service')
      .replaceAll('/etc/ssl/etcd/ssl', authority.dir)
      .replaceAll('/run/holdfast-etcd-proxy', run);
    await writeFile(script, text, { mode: 0o755 });
    await execa('mkdir', [run]);
    await execa(script, ['combine']);
    proxy = await EtcdProxyProcess.start(run, input, new Map(listening));
    await vi.waitFor(() => allAre('UP'), soon);
  });

  afterEach(async () => {
    for (const watch of watches.splice(0)) watch.destroy();
    await proxy.stop();
    await Promise.all(etcd.map((one) => one.close()));
    await rm(dir, { recursive: true });
  });

  it('checks members with the host’s certificate, and spreads connections over all of them', async () => {
    await vi.waitFor(() =>
      expect(etcd.map((one) => [...one.askedBy])).toEqual(members.map(() => ['the first'])),
    );
    await watchEach();
  });

  it('closes the connections to a member that answers no more, and opens new ones elsewhere', async () => {
    const [frozen, ...others] = await watchEach();
    etcd[0]!.frozen = true;
    await vi.waitFor(() => expect(frozen!.destroyed).toBe(true), soon);
    expect(others.map((watch) => watch.destroyed)).toEqual([false, false]);
    expect(await names(6)).toEqual(new Set(['etcd-2', 'etcd-3']));
  });

  it('leaves a dead member out at once, and takes it back when it lives', async () => {
    await etcd[0]!.close();
    expect(await names(6)).toEqual(new Set(['etcd-2', 'etcd-3']));
    await vi.waitFor(async () => expect(await proxy.status('etcd-1')).toBe('DOWN'), soon);
    await etcd[0]!.listen();
    await vi.waitFor(async () => expect(await proxy.status('etcd-1')).toBe('UP'), soon);
    expect(await names(6)).toContain('etcd-1');
  });

  it('refuses no connection while it is killed and starts anew', async () => {
    const [open] = await watchEach();
    const before = await proxy.pid();
    await proxy.kill();
    const answered = names(6);
    await vi.waitFor(() => expect(open!.destroyed).toBe(true), soon);
    expect((await answered).size).toBeGreaterThan(1);
    expect(await proxy.pid()).not.toBe(before);
  });

  it('shows a new certificate after a reload, and closes what the old process carried', async () => {
    const open = await watchEach();
    await authority.issue('node-master-1', 'the second');
    expect((await execa(script, ['state'])).stdout).toBe('stale');
    await execa(script, ['combine']);
    await proxy.reload();
    await vi.waitFor(
      () => expect(etcd.map((one) => one.askedBy.has('the second'))).toEqual([true, true, true]),
      soon,
    );
    expect(members).toContain(await ask());
    await vi.waitFor(() => expect(open.map((watch) => watch.destroyed)).toEqual([true, true, true]), soon);
  });

  async function allAre(wanted: string): Promise<void> {
    expect(await Promise.all(members.map((name) => proxy.status(name)))).toEqual(members.map(() => wanted));
  }

  /** One open watch through each member, in the members' order. */
  async function watchEach(): Promise<IncomingMessage[]> {
    const found = new Map<string, IncomingMessage>();
    while (found.size < members.length) {
      const watch = await request('/watch');
      watch.on('error', () => undefined);
      watches.push(watch);
      const [name] = (await once(watch, 'data')) as [Buffer];
      found.set(name.toString(), watch);
    }
    return members.map((name) => found.get(name)!);
  }

  async function names(times: number): Promise<Set<string>> {
    const answered = new Set<string>();
    for (let i = 0; i < times; i++) answered.add(await ask());
    return answered;
  }

  async function ask(): Promise<string> {
    let body = '';
    for await (const chunk of await request('/name')) body += String(chunk);
    return body;
  }

  /** A new connection each time, as an API server opens it: end to end, to a certificate for 127.0.0.1. */
  function request(path: string): Promise<IncomingMessage> {
    return new Promise((answered, failed) => {
      get({ host: '127.0.0.1', port: proxy.port, path, ...tls, agent: false }, answered).on('error', failed);
    });
  }
});
