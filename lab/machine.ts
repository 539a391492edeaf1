import { spawn } from 'node:child_process';
import { open, readFile, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { quote } from '../hosts/shell.ts';
import type { Base } from './base.ts';
import { type Debian, debians } from './debian.ts';
import { hostFolder } from './lab-file.ts';
import type { Lab, LabHost } from './lab-file.ts';
import { macOf } from './network.ts';
import { asset } from './paths.ts';
import { livePid, until } from './process.ts';

/** Says what the host's supervisor is told; kept in a file, so that power can come back without spec and base. */
export async function writeHostEnv(lab: Lab, host: LabHost, base: Base): Promise<void> {
  const env = {
    LAB: lab.name,
    HOST: host.name,
    DIR: hostFolder(lab, host),
    BASE: base.root,
    BRIDGE: lab.network.bridge,
    GATEWAY: lab.network.address,
    ADDRESS: host.address,
    MORE_ADDRESSES: (host.moreAddresses ?? []).join(' '),
    PREFIX: lab.network.prefix,
    LINK: host.link,
    MAC: macOf(host.address),
    WEIGHT: host.weight,
    COMMAND_LINE: (debians[lab.debian] as Debian).commandLine ?? '',
  };
  const lines = Object.entries(env).map(([key, value]) => `${key}=${quote(String(value))}\n`);
  await writeFile(join(hostFolder(lab, host), 'host.env'), lines.join(''));
}

/** Switches a host on unless it is. Returns at once; `hostAnswers` says when it is up. */
export async function switchOn(lab: Lab, host: LabHost): Promise<{ changed: boolean }> {
  const dir = hostFolder(lab, host);
  if ((await pidOf(lab, host, 'supervisor')) !== undefined) return { changed: false };
  const log = await open(join(dir, 'log'), 'a');
  // Its mounts live in a namespace of its own and end with it.
  const args = [
    '--mount',
    '--propagation',
    'slave',
    'bash',
    asset('host', 'supervisor.sh'),
    join(dir, 'host.env'),
  ];
  const child = spawn('unshare', args, { detached: true, cwd: '/', stdio: ['ignore', log.fd, log.fd] });
  await new Promise<void>((resolve, reject) => child.once('spawn', resolve).once('error', reject));
  child.unref();
  await log.close();
  const started = await until(async () => (await pidOf(lab, host, 'supervisor')) !== undefined, 10_000);
  if (!started) throw new Error(`${host.name}: did not start\n${await logTail(lab, host)}`);
  return { changed: true };
}

/** Pid of the process that supplies the host (`supervisor`), runs it (`nspawn`), or holds its network namespace (`netns`). */
export function pidOf(
  lab: Lab,
  host: LabHost,
  part: 'supervisor' | 'nspawn' | 'netns',
): Promise<number | undefined> {
  return livePid(join(hostFolder(lab, host), 'run', `${part}.pid`));
}

/** Whether its sshd greets within a second. */
export function hostAnswers(host: LabHost): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: host.address, port: host.port, timeout: 1000 });
    const end = (answer: boolean) => {
      socket.destroy();
      resolve(answer);
    };
    socket.once('data', (greeting) => end(greeting.toString('latin1').startsWith('SSH-')));
    socket
      .once('error', () => end(false))
      .once('timeout', () => end(false))
      .once('close', () => end(false));
  });
}

export async function waitForHost(lab: Lab, host: LabHost, limitMs = 120_000): Promise<void> {
  const gone = async () => (await pidOf(lab, host, 'supervisor')) === undefined;
  let ended = false;
  const up = await until(async () => (await hostAnswers(host)) || (ended = await gone()), limitMs);
  if (up && !ended) return;
  const what = ended ? 'ended while booting' : `no sshd after ${limitMs / 1000} s`;
  throw new Error(
    `${host.name}: ${what}; ${join(hostFolder(lab, host), 'log')} ends with\n${await logTail(lab, host)}`,
  );
}

async function logTail(lab: Lab, host: LabHost): Promise<string> {
  const text = await readFile(join(hostFolder(lab, host), 'log'), 'utf8').catch(() => '');
  return text.split('\n').slice(-15).join('\n');
}
