import { execFileSync, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Reach, StepInputs, VirtualAddress } from '../../cluster/steps.ts';
import { checkReachability } from '../../activities/check-reachability.ts';
import { sshHosts } from '../../hosts/ssh-hosts.ts';
import { killQuietly, listening, startSshd } from '../hosts/sshd.ts';
import type { TestSshd } from '../hosts/sshd.ts';
import { callOf, runStep } from './call.ts';

/* Three hosts with addresses of their own: network namespaces on a bridge, a real sshd in each. */
const names = ['lb-1', 'lb-2', 'worker-1'] as const;
const id = `hf${process.pid % 100000}`;
const net = `10.213.${process.pid % 250}`;
const canMakeNamespaces = process.getuid?.() === 0 && works(['ip', 'netns', 'add', `${id}x`]);
if (canMakeNamespaces) works(['ip', 'netns', 'del', `${id}x`]);

describe.skipIf(!canMakeNamespaces)('who reaches whom', () => {
  const hosts = sshHosts();
  const sshds: TestSshd[] = [];
  const children: ChildProcess[] = [];

  beforeAll(async () => {
    ip('link', 'add', `${id}b`, 'type', 'bridge');
    ip('addr', 'add', `${net}.254/24`, 'dev', `${id}b`);
    ip('link', 'set', `${id}b`, 'up');
    for (const [i, name] of names.entries()) {
      const space = `${id}n${i}`;
      ip('netns', 'add', space);
      ip('link', 'add', `${id}v${i}`, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', space);
      ip('link', 'set', `${id}v${i}`, 'master', `${id}b`, 'up');
      ip('-n', space, 'addr', 'add', `${net}.${i + 1}/24`, 'dev', 'eth0');
      ip('-n', space, 'link', 'set', 'eth0', 'up');
      ip('-n', space, 'link', 'set', 'lo', 'up');
      const sshd = await startSshd({
        name,
        address: `${net}.${i + 1}`,
        port: 22,
        through: ['ip', 'netns', 'exec', space],
      });
      await listening(`${net}.${i + 1}`, 22);
      sshds.push(sshd);
    }
  });
  afterAll(async () => {
    await hosts.close();
    for (const child of children) child.kill('SIGKILL');
    for (const sshd of sshds) await sshd.stop();
    for (const i of names.keys()) works(['ip', 'netns', 'del', `${id}n${i}`]);
    works(['ip', 'link', 'del', `${id}b`]);
  });

  const tcp = (port: number, from: string, to: string): Reach => ({
    from: [from],
    to: [to],
    port,
    protocol: 'tcp',
    why: 'a test',
  });
  const udp: Reach = { from: ['lb-1'], to: ['worker-1'], port: 8472, protocol: 'udp', why: 'pod traffic' };
  const vrrp: Reach = {
    from: ['lb-1', 'lb-2'],
    to: ['lb-1', 'lb-2'],
    port: 112,
    protocol: 'vrrp',
    why: 'load balancers watch each other',
  };
  const check = (
    matrix: readonly Reach[],
    virtual: readonly string[] = [],
    more: Pick<StepInputs['check-reachability'], 'hosts'> = {},
  ) => {
    const addresses: VirtualAddress[] = virtual.map((address) => ({ address, carriers: ['lb-1', 'lb-2'] }));
    const [first, ...others] = sshds.map((sshd) => sshd.target()) as [
      ReturnType<TestSshd['target']>,
      ...ReturnType<TestSshd['target']>[],
    ];
    return runStep(
      checkReachability,
      hosts,
      callOf<'check-reachability'>({ matrix, addresses, ...more }, first, others),
    );
  };
  const failure = async (running: Promise<unknown>): Promise<string> => {
    const error = (await running.then(
      () => new Error('it passed'),
      (e: unknown) => e,
    )) as Error & { type?: string };
    expect(error.type).toBe('ProblemFound');
    return error.message;
  };

  test('TCP, UDP and VRRP between open hosts work, twice, and nothing is left listening', async () => {
    const all = [tcp(2379, 'worker-1', 'lb-1'), tcp(22, 'lb-1', 'worker-1'), udp, vrrp];
    const passed = { changed: false, summary: '5 connections work; 1 virtual addresses are free or ours' };
    expect(await check(all, [`${net}.100`])).toEqual(passed);
    expect(await check(all, [`${net}.100`])).toEqual(passed);
    for (const i of names.keys()) expect(inside(i, 'ss', '-Hlntu').match(/:(2379|8472)\b/)).toBeNull();
  });

  test('every firewall is told at once: who, whom, which port, why, and the likely cure', async () => {
    // Rules of routing stand in for a firewall: what would go back is dropped.
    const rules = [
      [0, 'ipproto', 'tcp', 'sport', '2379'],
      [1, 'ipproto', '112'],
      [2, 'ipproto', 'udp', 'sport', '8472'],
    ] as const;
    for (const [i, ...rule] of rules) inside(i, 'ip', 'rule', 'add', 'pref', '10', 'blackhole', ...rule);
    try {
      const said = await failure(
        check([
          tcp(2379, 'worker-1', 'lb-1'),
          tcp(2379, 'lb-2', 'lb-1'),
          tcp(10250, 'lb-1', 'worker-1'),
          udp,
          vrrp,
        ]),
      );
      expect(said).toContain('worker-1, lb-2 → lb-1:2379/tcp (a test): no answer');
      expect(said).toContain('lb-1 → worker-1:8472/udp (pod traffic): no answer');
      expect(said).not.toContain('10250');
      expect(said).toContain('lb-1 → lb-2:VRRP (load balancers watch each other): no answer');
      expect(said).toContain('IP protocol 112');
    } finally {
      for (const [i] of rules) inside(i, 'ip', 'rule', 'del', 'pref', '10');
    }
  });

  test('what listens already is dialled as it is, and a UDP port in use is not guessed at', async () => {
    children.push(holder(2, 'SOCK_STREAM', '0.0.0.0', 6443), holder(2, 'SOCK_DGRAM', '0.0.0.0', 8472));
    await listening(`${net}.3`, 6443);
    await bound(2, 8472);
    expect(await check([tcp(6443, 'lb-1', 'worker-1'), udp])).toMatchObject({
      summary:
        '1 connections work, 1 over UDP not tried (the port is in use); 0 virtual addresses are free or ours',
    });
  });

  test('a machine outside the spec is dialled as it is: no listener is opened there', async () => {
    const outside = `${net}.254`;
    const nfs: Reach = { ...tcp(2049, 'worker-1', outside), from: ['lb-1', 'worker-1'], why: 'claims' };
    const said = await failure(check([nfs]));
    expect(said).toContain(`lb-1, worker-1 → ${outside}:2049/tcp (claims): refused: nothing listens`);
    expect(said).toContain('or name another server in the spec');
    const server = createServer().listen(2049, outside);
    try {
      await once(server, 'listening');
      expect(await check([nfs])).toMatchObject({
        summary: '2 connections work; 0 virtual addresses are free or ours',
      });
    } finally {
      server.close();
    }
  });

  test('a host with several addresses is dialled at the one that each needs, and binds the one it holds', async () => {
    // Kubernetes has an interface of its own there; what the others dial is translated to it.
    const [ip2, translated] = [`${net}.103`, `${net}.203`];
    inside(2, 'ip', 'addr', 'add', `${ip2}/24`, 'dev', 'eth0');
    inside(2, 'ip', 'addr', 'add', `${translated}/32`, 'dev', 'eth0');
    const hosts = { 'worker-1': { address: translated, ip: ip2 } };
    try {
      const ssh: Reach = { ...tcp(22, 'lb-1', 'worker-1'), at: 'ssh' };
      const kubelet: Reach = { ...tcp(10250, 'lb-1', 'worker-1'), at: 'ip' };
      const passed = { summary: '2 connections work; 0 virtual addresses are free or ours' };
      expect(await check([ssh, kubelet], [], { hosts })).toMatchObject(passed);
      // Nothing translates here, so what binds the one address does not answer at the other.
      const said = await failure(check([tcp(2379, 'lb-1', 'worker-1'), kubelet], [], { hosts }));
      expect(said).toContain('lb-1 → worker-1:2379/tcp (a test): refused');
      expect(said).not.toContain('10250');
      // An API server binds every address.
      expect(await check([tcp(6443, 'lb-1', 'worker-1')], [], { hosts })).toMatchObject({ changed: false });
      for (const taken of [ip2, translated])
        expect(await failure(check([], [taken], { hosts }))).toContain(`${taken} is the address of worker-1`);
    } finally {
      for (const one of [`${ip2}/24`, `${translated}/32`]) inside(2, 'ip', 'addr', 'del', one, 'dev', 'eth0');
    }
  });

  test('an address that another machine holds is refused with the machine', async () => {
    inside(2, 'ip', 'addr', 'add', `${net}.77/24`, 'dev', 'eth0');
    expect(await failure(check([], [`${net}.77`]))).toMatch(
      new RegExp(`${net}.77 is in use: ([0-9a-f]{2}:){5}[0-9a-f]{2} answers ARP`),
    );
  });

  test('an address that a carrier holds is ours: a second run passes', async () => {
    inside(1, 'ip', 'addr', 'add', `${net}.78/32`, 'dev', 'eth0');
    expect(await check([], [`${net}.78`])).toMatchObject({ changed: false });
  });

  test('an address of a host, and one outside the subnet, are refused together', async () => {
    const said = await failure(check([], [`${net}.3`, '10.9.9.9']));
    expect(said).toContain(`${net}.3 is the address of worker-1`);
    expect(said).toContain(`10.9.9.9 lies outside the subnet ${net}.1/24 of lb-1`);
  });

  test('listeners that a dead worker left behind are replaced', async () => {
    const stale = spawn(
      'ip',
      [
        'netns',
        'exec',
        `${id}n2`,
        'python3',
        '-c',
        bind('SOCK_DGRAM', '0.0.0.0', 8472),
        'holdfast-reachability-demo-worker-1',
      ],
      { stdio: 'ignore' },
    );
    children.push(stale);
    for (const child of children) if (child !== stale) killQuietly(child.pid as number);
    await until(() =>
      children.every((child) => child === stale || child.exitCode !== null || child.signalCode !== null),
    );
    await bound(2, 8472);
    expect(await check([udp])).toMatchObject({
      summary: '1 connections work; 0 virtual addresses are free or ours',
    });
  });

  const holder = (i: number, kind: string, address: string, port: number) =>
    spawn('ip', ['netns', 'exec', `${id}n${i}`, 'python3', '-c', bind(kind, address, port)], {
      stdio: 'ignore',
    });
});

function bind(kind: string, address: string, port: number): string {
  const listen = kind === 'SOCK_STREAM' ? 's.listen(9);' : '';
  return `import socket,time; s=socket.socket(socket.AF_INET, socket.${kind}); s.bind(('${address}', ${port})); ${listen} time.sleep(600)`;
}

function ip(...args: string[]): void {
  execFileSync('ip', args);
}

async function until(isSo: () => boolean): Promise<void> {
  for (let look = 0; look < 200 && !isSo(); look++) await new Promise((done) => setTimeout(done, 25));
  if (!isSo()) throw new Error('it did not come true within 5 s');
}

/** A datagram socket cannot be dialled to see whether it is there yet. */
function bound(i: number, port: number): Promise<void> {
  return until(() => inside(i, 'ss', '-Hlun', `sport = :${port}`) !== '');
}

function inside(i: number, ...command: string[]): string {
  return execFileSync('ip', ['netns', 'exec', `${id}n${i}`, ...command]).toString();
}

function works([program, ...args]: [string, ...string[]]): boolean {
  try {
    execFileSync(program, args, { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
