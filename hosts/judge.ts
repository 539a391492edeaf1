import type { SshTarget } from '../cluster/cluster.ts';
import { lost } from './connection.ts';
import { HostError } from './errors.ts';
import type { Ended } from './exec.ts';
import type { RunOptions } from './host.ts';
import { asText } from './output.ts';
import type { Output } from './output.ts';
import { redact, tail } from './redact.ts';

export interface RawResult {
  readonly code: number;
  readonly stdout: Output;
  readonly stderr: Output;
}

/** What a command's end means: an answer, or the error that says who may act. */
export function judge(
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
