import type { SshTarget } from '../cluster/cluster.ts';
import { lost } from './connection.ts';
import { sudoPassword } from './credentials.ts';
import { HostError } from './errors.ts';
import { exec } from './exec.ts';
import { readFile, writeFile } from './files.ts';
import type { Host, RunOptions, StreamEnd, StreamOptions } from './host.ts';
import { readJob, startJob, stopJob } from './jobs.ts';
import { judge } from './judge.ts';
import type { RawResult } from './judge.ts';
import { unlessAborted } from './limiter.ts';
import { asText, splitLines } from './output.ts';
import { redact, tail } from './redact.ts';
import { quote } from './shell.ts';
import type { ShellCommand } from './shell.ts';
import type { Link } from './ssh-hosts.ts';
import { sudoGate } from './sudo.ts';

/** Runs a command and answers in bytes; files and jobs are built on it. */
export type Run = (command: ShellCommand, options?: RunOptions) => Promise<RawResult>;

/** English messages, whole characters, and the folders that a plain user's PATH lacks on some systems. */
const preamble =
  'export LC_ALL=C.UTF-8 PATH="$PATH:/usr/local/sbin:/usr/local/bin:/usr/sbin:/sbin"; unset LANGUAGE\n';
/** /etc/environment may name a proxy: no host and no API server of the cluster is behind one. */
const inside = 'export NO_PROXY="*" no_proxy="*"\n';

export function sshHost(target: SshTarget, link: Link): Host {
  const run: Run = async (command, options = {}) => {
    const shown = options.secret ? '(not shown)' : redact(command.text).slice(0, 500);
    const behind = await behindSudo(target, command, options);
    const ended = await link.withChannel(async () => {
      const { client } = await unlessAborted(link.open(), options.signal);
      return exec(client, {
        ...behind,
        stdin: options.stdin,
        timeoutMs: (options.timeout ?? 60) * 1000,
        signal: options.signal,
        maxBytes: options.maxBytes ?? 1024 * 1024,
      }).catch((error: unknown) => {
        if (options.signal?.aborted) throw error;
        throw lost(target, `the command could not be started: ${String(error)}`, shown);
      });
    }, options.signal);
    return judge(target, ended, options, shown, behind.secrets);
  };

  return {
    name: target.name,
    run: async (command, options) => {
      const { code, stdout, stderr } = await run(command, options);
      return { code, stdout: asText(stdout), stderr: asText(stderr) };
    },
    stream: (command, onLine, options) => stream(target, link, command, onLine, options),
    hostKey: async () => {
      const { type, blob } = (await link.open()).hostKey;
      return `${type} ${blob.toString('base64')}`;
    },
    readFile: (path, options) => readFile(run, target.name, path, options),
    writeFile: (file) => writeFile(run, target.name, file),
    startJob: (job) => startJob(run, job),
    readJob: (name, dir, offset) => readJob(run, name, dir, offset),
    stopJob: (name, dir) => stopJob(run, name, dir),
  };
}

/** How often a streaming command's stdin says that somebody still listens. */
const pulseMs = 5_000;

async function stream(
  target: SshTarget,
  link: Link,
  command: ShellCommand,
  onLine: (line: string) => void,
  options: StreamOptions = {},
): Promise<StreamEnd> {
  const { stdin, signal, maxLine = 256 * 1024 } = options;
  const shown = redact(command.text).slice(0, 500);
  const behind = await behindSudo(target, command, options);
  let thrown: unknown;
  const hear = (line: string) => {
    try {
      onLine(line);
    } catch (error) {
      throw (thrown = error);
    }
  };
  const tooLong = () =>
    new HostError('CommandFailed', target.name, `it printed a line of more than ${maxLine} bytes`, {
      command: shown,
      next: `Run it on ${target.name} by hand and look at what it prints.`,
    });
  const ended = await link.withChannel(async () => {
    const { client } = await unlessAborted(link.open(), signal);
    const stdout = splitLines(maxLine, hear, tooLong);
    // On a connection that fell silent a channel is never opened, and nobody who was cancelled waits for that.
    return unlessAborted(
      exec(client, { ...behind, stdin, pulseMs, signal, stdout, maxBytes: 64 * 1024 }),
      signal,
    ).catch((error: unknown) => {
      if (signal?.aborted || error === thrown || error instanceof HostError) throw error;
      throw lost(target, `the command could not be started: ${String(error)}`, shown);
    });
  }, signal);
  const { code, stderr } = judge(target, ended, { ok: 'any' }, shown, behind.secrets);
  return { code, tail: tail(asText(stderr), behind.secrets) };
}

/** What sshd is asked to run: sh with the command, behind sudo where that is wanted and the user is not root already. */
async function behindSudo(
  target: SshTarget,
  command: ShellCommand,
  { sudo = false, outside = false }: Pick<RunOptions, 'sudo' | 'outside'>,
) {
  const script = preamble + (outside ? '' : inside) + command.text;
  const password = sudo && target.user !== 'root' ? await sudoPassword(target) : undefined;
  const gate = sudo && target.user !== 'root' ? sudoGate(script, password) : undefined;
  return {
    command: gate?.command ?? `sh -c ${quote(script)}`,
    gate,
    secrets: password === undefined ? [] : [password],
  };
}
