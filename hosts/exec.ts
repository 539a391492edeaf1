import type { Client, ClientChannel } from 'ssh2';
import { abortReason } from './limiter.ts';
import { keepTail } from './output.ts';
import type { Output } from './output.ts';
import type { Gate } from './sudo.ts';

export interface Exec {
  readonly command: string;
  readonly stdin: string | Buffer | undefined;
  readonly timeoutMs: number;
  readonly signal: AbortSignal | undefined;
  readonly maxBytes: number;
  /** Set when the command stands behind sudo. */
  readonly gate: Gate | undefined;
}

export interface Ended {
  /** Undefined: none arrived. That is never success. */
  readonly code: number | undefined;
  /** The signal that ended it, e.g. "KILL". */
  readonly killedBy: string | undefined;
  readonly timedOut: boolean;
  readonly stdout: Output;
  readonly stderr: Output;
  /** What sudo said before it let the command run, or instead. */
  readonly refused: string | undefined;
}

/**
 * One command on one channel, until the channel is closed: `exit` may come before the last output, or never.
 * Listeners stand before the callback returns: a quick command's end arrives in the same packet as its start.
 */
export function exec(client: Client, wanted: Exec): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const start = (pauseMs: number) => {
      if (wanted.signal?.aborted) return reject(abortReason(wanted.signal));
      client.exec(wanted.command, (error, channel) => {
        if (!error) follow(channel, wanted).then(resolve, reject);
        else if (isFull(error) && pauseMs < 2000) setTimeout(again, pauseMs, pauseMs);
        else reject(error);
      });
    };
    const again = (pauseMs: number) => {
      try {
        start(pauseMs * 1.5);
      } catch (error) {
        reject(error instanceof Error ? error : new Error(String(error)));
      }
    };
    start(10);
  });
}

/**
 * sshd counts a channel until its next turn, so one that closes and one that opens in the same packet are both counted
 * against MaxSessions; and some hosts allow fewer than we use. The command was not started: asking again is safe.
 */
function isFull(error: Error): boolean {
  return error.message.startsWith('(SSH) Channel open failure');
}

function follow(channel: ClientChannel, wanted: Exec): Promise<Ended> {
  const stdout = keepTail(wanted.maxBytes);
  const stderr = keepTail(wanted.maxBytes);
  const gate = wanted.gate?.open(channel, wanted.stdin);
  if (!gate) channel.end(wanted.stdin);

  return new Promise((resolve, reject) => {
    let code: number | undefined;
    let killedBy: string | undefined;
    let timedOut = false;
    const leave = () => {
      // Not every sshd forwards a signal; closing the channel at least ends what reads or writes it.
      channel.signal('TERM');
      channel.close();
      settle();
    };
    const timer = setTimeout(() => {
      timedOut = true;
      leave();
    }, wanted.timeoutMs);
    wanted.signal?.addEventListener('abort', leave, { once: true });

    const settle = () => {
      clearTimeout(timer);
      gate?.end();
      wanted.signal?.removeEventListener('abort', leave);
      if (wanted.signal?.aborted) return reject(abortReason(wanted.signal));
      const refused = gate?.refused();
      resolve({ code, killedBy, timedOut, stdout: stdout.end(), stderr: stderr.end(), refused });
    };

    // Both streams must be drained, or `close` never comes.
    channel.on('data', (chunk: Buffer) => stdout.push(chunk));
    channel.stderr.on('data', (chunk: Buffer) => {
      const rest = gate ? gate.hear(chunk) : chunk;
      if (rest.length > 0) stderr.push(rest);
    });
    channel.on('exit', (exit: number | null, signal?: string) => {
      if (exit === null) killedBy = signal ?? 'unknown';
      else code = exit;
    });
    channel.on('error', () => {});
    channel.on('close', settle);
    if (wanted.signal?.aborted) leave();
  });
}
