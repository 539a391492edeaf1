import type { SshTarget } from '../cluster/cluster.ts';
import { lost } from './connection.ts';
import { sudoPassword } from './credentials.ts';
import { HostError } from './errors.ts';
import { exec } from './exec.ts';
import type { Ended } from './exec.ts';
import { readFile, writeFile } from './files.ts';
import type { Host, RunOptions } from './host.ts';
import { readJob, startJob, stopJob } from './jobs.ts';
import { unlessAborted } from './limiter.ts';
import { asText } from './output.ts';
import type { Output } from './output.ts';
import { redact, tail } from './redact.ts';
import { quote } from './shell.ts';
import type { ShellCommand } from './shell.ts';
import type { Link } from './ssh-hosts.ts';
import { sudoGate } from './sudo.ts';

/** Runs a command and answers in bytes; files and jobs are built on it. */
export type Run = (command: ShellCommand, options?: RunOptions) => Promise<RawResult>;

export interface RawResult {
  readonly code: number;
  readonly stdout: Output;
  readonly stderr: Output;
}

/** English messages, whole characters, and the folders that a plain user's PATH lacks on some systems. */
const preamble =
  'export LC_ALL=C.UTF-8 PATH="$PATH:/usr/local/sbin:/usr/local/bin:/usr/sbin:/sbin"; unset LANGUAGE\n';

export function sshHost(target: SshTarget, link: Link): Host {
  const run: Run = async (command, options = {}) => {
    const shown = options.secret ? '(not shown)' : redact(command.text).slice(0, 500);
    const script = preamble + command.text;
    const sudo = options.sudo === true && target.user !== 'root';
    const password = sudo ? await sudoPassword(target) : undefined;
    const gate = sudo ? sudoGate(script, password) : undefined;
    const timeoutMs = (options.timeout ?? 60) * 1000;
    const ended = await link.withChannel(async () => {
      const { client } = await unlessAborted(link.open(), options.signal);
      return exec(client, {
        command: gate?.command ?? `sh -c ${quote(script)}`,
        stdin: options.stdin,
        timeoutMs,
        signal: options.signal,
        maxBytes: options.maxBytes ?? 1024 * 1024,
        gate,
      }).catch((error: unknown) => {
        if (options.signal?.aborted) throw error;
        throw lost(target, `the command could not be started: ${String(error)}`, shown);
      });
    }, options.signal);
    return judge(target, ended, options, shown, password === undefined ? [] : [password]);
  };

  return {
    name: target.name,
    run: async (command, options) => {
      const { code, stdout, stderr } = await run(command, options);
      return { code, stdout: asText(stdout), stderr: asText(stderr) };
    },
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

function judge(
  target: SshTarget,
  ended: Ended,
  options: RunOptions,
  command: string,
  secrets: readonly string[],
): RawResult {
  const shown = options.secret ? '' : `${asText(ended.stdout)}\n`;
  const last = tail(shown + asText(ended.stderr), secrets);
  const details = { command, ...(last === '' ? {} : { tail: last }) };
  if (ended.killedBy !== undefined)
    throw new HostError('CommandFailed', target.name, `the command was ended by signal ${ended.killedBy}`, {
      ...details,
      next: `Look at the log of ${target.name} (journalctl -e): was it short of memory?`,
    });
  if (ended.code === undefined)
    throw lost(
      target,
      ended.timedOut
        ? `no end of the command within ${options.timeout ?? 60} s`
        : 'the connection broke before the command said how it ended',
      command,
    );
  if (ended.refused !== undefined) throw sudoRefused(target, redact(ended.refused, secrets), command);
  const ok = options.ok ?? [0];
  if (ok !== 'any' && !ok.includes(ended.code)) {
    const reason = tail(asText(ended.stderr), secrets).split('\n').at(-1);
    throw new HostError(
      'CommandFailed',
      target.name,
      `exit code ${ended.code}${reason ? `: ${reason}` : ''}`,
      {
        ...details,
        exitCode: ended.code,
        next: `Mend what the output says on ${target.name}, then run: holdfast retry --host ${target.name}`,
      },
    );
  }
  return { code: ended.code, stdout: ended.stdout, stderr: ended.stderr };
}

function sudoRefused(target: SshTarget, said: string, command: string): HostError {
  const { user, name, sudoPasswordFile } = target;
  return new HostError('SudoRefused', name, `sudo refuses ${user}: ${said || 'it said nothing'}`, {
    command,
    next: sudoPasswordFile
      ? `Put the right password into ${sudoPasswordFile}, or let ${user} use sudo on ${name}.`
      : `Give ${user} sudo without a password on ${name} (/etc/sudoers.d), or name ssh.sudo.passwordFile in the spec.`,
  });
}
