import { createServer, type IncomingMessage, type Server } from 'node:http';
import { readdirSync, readFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { createHash } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { download } from '../../activities/download.ts';
import { outsideBy } from '../../activities/outside.ts';
import type { Deps } from '../../activities/step.ts';
import type { Proxy } from '../../cluster/proxy.ts';
import { sh } from '../../hosts/shell.ts';
import { sshHosts } from '../../hosts/ssh-hosts.ts';
import { startSshd } from '../hosts/sshd.ts';
import type { TestSshd } from '../hosts/sshd.ts';

/** A proxy and, under any other name, what lies behind it. */
interface Web {
  readonly url: string;
  readonly asked: IncomingMessage[];
  readonly argv: string[];
  readonly server: Server;
}

const content = 'what was asked for';
const sha256 = createHash('sha256').update(content).digest('hex');
const password = 'pro:xy$"s\'word';
const encoded = encodeURIComponent(password);

async function web(): Promise<Web> {
  const asked: IncomingMessage[] = [];
  const argv: string[] = [];
  const server = createServer((request, response) => {
    asked.push(request);
    // What every user of the host sees while the command runs.
    argv.push(...commandLines());
    response.end(content);
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked, argv, server };
}

function commandLines(): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
      } catch {
        return '';
      }
    });
}

let sshd: TestSshd;
let proxy: Web;
let inTheHostsEnvironment: Web;
const hosts = sshHosts();
const { signal } = new AbortController();

beforeAll(async () => {
  proxy = await web();
  inTheHostsEnvironment = await web();
  // As /etc/environment does on sites behind a proxy.
  const path = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
  sshd = await startSshd({
    config: `SetEnv SHLVL=3 PATH=${path} http_proxy=${inTheHostsEnvironment.url}`,
  });
});
afterEach(() => {
  for (const { asked, argv } of [proxy, inTheHostsEnvironment]) {
    asked.length = 0;
    argv.length = 0;
  }
});
afterAll(async () => {
  await hosts.close();
  await sshd.stop();
  for (const { server } of [proxy, inTheHostsEnvironment]) server.close();
});

const host = () => hosts.host(sshd.target());
const withFile = (text: string): Deps => ({
  hosts,
  readLocalFile: (path) =>
    path === '/secrets/proxy'
      ? Promise.resolve(Buffer.from(text))
      : Promise.reject(Object.assign(new Error(path), { code: 'ENOENT' })),
});
const secret = () => withFile(`http://me:${encoded}@${proxy.url.slice('http://'.length)}\n`);
const outside = (given: Partial<Proxy> | undefined, deps = withFile('')) =>
  outsideBy(given && { except: 'localhost', ...given }, deps);

describe('what is fetched from outside of the site', () => {
  test('goes through the proxy that the spec names', async () => {
    const path = `${sshd.dir}/fetched`;
    const tools = { outside: outside({ http: proxy.url }), signal };
    await download(host(), { url: 'http://mirror.example.com/file', sha256, path }, tools);
    expect(proxy.asked.map(({ url }) => url)).toEqual(['http://mirror.example.com/file']);
    expect(readFileSync(path, 'utf8')).toBe(content);
  });

  test('goes with the user and password of a file, which no list of processes shows', async () => {
    const run = outside({ http: { fromFile: '/secrets/proxy' } }, secret());
    const { stdout } = await run(host(), sh`curl -sS http://mirror.example.com/file`, { signal });
    expect(stdout).toBe(content);
    expect(proxy.asked[0]?.headers['proxy-authorization']).toBe(
      `Basic ${Buffer.from(`me:${password}`).toString('base64')}`,
    );
    expect(proxy.argv.some((line) => line.includes('mirror.example.com'))).toBe(true);
    expect(proxy.argv.filter((line) => line.includes(encoded) || line.includes(password))).toEqual([]);
  });

  test('shows nothing of the password when it fails', async () => {
    const run = outside({ https: { fromFile: '/secrets/proxy' } }, secret());
    // A program may name the parts, and the password as it is meant.
    const command = sh`echo "407 from $https_proxy, of me: $(cat)" >&2; exit 5`;
    const failed: unknown = await run(host(), command, { stdin: password, signal }).catch(
      (error: unknown) => error,
    );
    expect(failed).toMatchObject({ kind: 'CommandFailed', details: { exitCode: 5 } });
    const shown = JSON.stringify({ ...(failed as object), message: (failed as Error).message });
    expect(shown).toContain('407 from [hidden]');
    expect(shown).not.toContain(encoded);
    expect(shown).toContain('of me: [hidden]');
    expect(shown).not.toContain(JSON.stringify(password).slice(1, -1));
  });

  test('does not go through it where it is excepted', async () => {
    const behind = await web();
    const curl = sh`curl -sS ${behind.url}`;
    await outside({ http: proxy.url, except: '127.0.0.1' })(host(), curl, { signal });
    expect(behind.asked).toHaveLength(1);
    expect(proxy.asked).toEqual([]);
    behind.server.close();
  });

  test('keeps the stdin that it is given', async () => {
    const stdin = 'first\nsecond\n';
    const { stdout } = await outside({ http: proxy.url })(host(), sh`cat`, { stdin, signal });
    expect(stdout).toBe(stdin);
  });

  test('names the file that is not there, or that holds no URL', async () => {
    const run = outside({ http: { fromFile: '/secrets/none' } }, secret());
    await expect(run(host(), sh`true`)).rejects.toMatchObject({
      kind: 'LocalFileUnreadable',
      message: "/secrets/none on the worker's machine: ENOENT",
    });
    const empty = outside({ http: { fromFile: '/secrets/proxy' } }, withFile('user:password\n'));
    const failed: unknown = await empty(host(), sh`true`).catch((error: unknown) => error);
    expect(failed).toMatchObject({ kind: 'LocalFileUnreadable' });
    expect((failed as Error).message).not.toContain('user:password');
  });
});

describe('a proxy in the environment of a host', () => {
  test('is taken for what comes from outside, where the spec names none', async () => {
    await outside(undefined)(host(), sh`curl -sS http://mirror.example.com/file`, { signal });
    expect(inTheHostsEnvironment.asked).toHaveLength(1);
  });

  test('is no way to the hosts and API servers of the cluster', async () => {
    const behind = await web();
    await host().run(sh`curl -sS ${behind.url}`, { signal });
    expect(behind.asked).toHaveLength(1);
    expect(inTheHostsEnvironment.asked).toEqual([]);
    behind.server.close();
  });
});
