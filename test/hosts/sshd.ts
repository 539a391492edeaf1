import { execFileSync, spawn } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import type { SshTarget } from '../../cluster/cluster.ts';
import { hostName } from '../../hosts/known-hosts.ts';

/** A real sshd of its own on loopback, as the current user. */
export interface TestSshd {
  readonly port: number;
  readonly dir: string;
  /** Private key that it lets in. */
  readonly identityFile: string;
  /** File in which its host key stands. */
  readonly knownHosts: string;
  /** Public host key: "type base64". */
  readonly hostKey: string;
  /** In front of PATH of every session: for stand-ins. */
  readonly bin: string;
  target(overrides?: Partial<SshTarget>): SshTarget;
  /** Processes that serve connections (children of the listener). */
  sessions(): number[];
  log(): string;
  stop(): Promise<void>;
}

export interface SshdOptions {
  /** More lines for sshd_config. */
  config?: string;
  name?: string;
  /** A command that sshd is started through, e.g. ['unshare', '-m', 'sh', '-c', '…; exec "$@"', 'sh']. */
  through?: readonly string[];
  /** Address to listen on; default loopback. */
  address?: string;
  port?: number;
}

const sshdPath = '/usr/sbin/sshd';

export async function startSshd(options: SshdOptions = {}): Promise<TestSshd> {
  const dir = mkdtempSync(join(tmpdir(), 'holdfast-sshd-'));
  const bin = join(dir, 'bin');
  mkdirSync(bin);
  const address = options.address ?? '127.0.0.1';
  const port = options.port ?? (await freePort());
  makeKey(join(dir, 'host'));
  makeKey(join(dir, 'user'));
  copyFileSync(join(dir, 'user.pub'), join(dir, 'authorized_keys'));
  const hostKey = readFileSync(join(dir, 'host.pub'), 'utf8').split(' ').slice(0, 2).join(' ').trim();
  const knownHosts = join(dir, 'known_hosts');
  writeFileSync(knownHosts, `${hostName(address, port)} ${hostKey}\n`);
  writeFileSync(join(dir, 'sshd_config'), configOf(dir, address, port, options.config ?? ''));
  if (process.getuid?.() === 0) mkdirSync('/run/sshd', { recursive: true });

  const argv = [
    ...(options.through ?? []),
    sshdPath,
    '-D',
    '-f',
    join(dir, 'sshd_config'),
    '-E',
    join(dir, 'log'),
  ];
  const child = spawn(argv[0] as string, argv.slice(1), { stdio: 'ignore' });
  const exited = new Promise<void>((done) => child.once('exit', () => done()));
  if (!options.through) await listening(address, port);

  const sessions = () => childrenOf(child.pid as number);
  return {
    port,
    dir,
    bin,
    hostKey,
    knownHosts,
    identityFile: join(dir, 'user'),
    target: (overrides = {}) => ({
      name: options.name ?? 'host-1',
      address,
      port,
      user: userInfo().username,
      identityFile: join(dir, 'user'),
      knownHosts,
      ...overrides,
    }),
    sessions,
    log: () => readFileSync(join(dir, 'log'), 'utf8'),
    stop: async () => {
      for (const pid of sessions()) killQuietly(pid);
      child.kill('SIGKILL');
      await exited;
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

export function makeKey(path: string, passphrase = ''): void {
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', passphrase, '-C', 'test', '-f', path]);
}

/** A program of a test's own in front of the real one. */
export function standIn(sshd: TestSshd, name: string, script: string): void {
  writeFileSync(join(sshd.bin, name), `#!/bin/sh\n${script}\n`);
  chmodSync(join(sshd.bin, name), 0o755);
}

export function killQuietly(pid: number, signal: NodeJS.Signals = 'SIGKILL'): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It has ended by itself.
  }
}

/** All descendants, parents first (a session is a monitor, its unprivileged half, and what it runs): killed in this order, none lives to tell of another's end. */
function childrenOf(pid: number): number[] {
  const children = execFileSync('sh', ['-c', `cat /proc/${pid}/task/*/children 2>/dev/null || true`])
    .toString()
    .split(/\s+/)
    .filter(Boolean)
    .map(Number);
  return children.flatMap((child) => [child, ...childrenOf(child)]);
}

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as { port: number };
  await new Promise((done) => server.close(done));
  return port;
}

export async function listening(address: string, port: number): Promise<void> {
  for (let i = 0; i < 200; i++) {
    const open = await new Promise<boolean>((done) => {
      const socket = connect(port, address, () => (socket.destroy(), done(true)));
      socket.on('error', () => done(false));
    });
    if (open) return;
    await new Promise((done) => setTimeout(done, 25));
  }
  throw new Error(`sshd does not listen on ${address}:${port}`);
}

/** SHLVL: bash reads ~/.bashrc in the first shell under sshd, and what stands there is not ours to know. */
function configOf(dir: string, address: string, port: number, more: string): string {
  return `${more}
ListenAddress ${address}
Port ${port}
HostKey ${join(dir, 'host')}
AuthorizedKeysFile ${join(dir, 'authorized_keys')}
PidFile none
StrictModes no
UsePAM no
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitRootLogin yes
LogLevel VERBOSE
SetEnv SHLVL=3 PATH=${join(dir, 'bin')}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
`;
}
