import type { Client, ClientChannel } from 'ssh2';
import { abortReason } from './limiter.ts';
import { keepTail } from './output.ts';
import type { Output, Sink } from './output.ts';
import type { Gate } from './sudo.ts';

export interface Exec {
  readonly command: string;
  readonly stdin: string | Buffer | undefined;
  /** Stdin stays open after its content and carries an empty line this often. Undefined: it ends with its content. */
  readonly pulseMs?: number;
  /** Undefined: it may go on for ever. */
  readonly timeoutMs?: number;
  readonly signal: AbortSignal | undefined;
  readonly maxBytes: number;
  /** Takes stdout as it comes. What it throws ends the command, and is thrown. Default: the last `maxBytes`. */
  readonly stdout?: Sink;
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

/** One command on one channel, until the channel is closed: `exit` may come before the last output, or never. */
export function exec(client: Client, wanted: Exec): Promise<Ended> {
  return onChannel(client, wanted.command, wanted.signal, (channel) => follow(channel, wanted));
}

/**
 * Starts a command on a channel of its own and gives the channel to `body` within ssh2's own callback: a quick
 * command's end arrives in the same packet as its start, so its listeners must stand by then.
 */
export function onChannel<T>(
  client: Client,
  command: string,
  signal: AbortSignal | undefined,
  body: (channel: ClientChannel) => Promise<T>,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const start = (pauseMs: number) => {
      if (signal?.aborted) return reject(abortReason(signal));
      client.exec(command, (error, channel) => {
        if (!error) body(channel).then(resolve, reject);
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
  const stdout = wanted.stdout ?? keepTail(wanted.maxBytes);
  const stderr = keepTail(wanted.maxBytes);
  let pulse: NodeJS.Timeout | undefined;
  const feed = () => {
    if (wanted.pulseMs === undefined) channel.end(wanted.stdin);
    else {
      if (wanted.stdin !== undefined) channel.write(wanted.stdin);
      pulse = setInterval(() => channel.write('\n'), wanted.pulseMs);
    }
  };
  const gate = wanted.gate?.open(channel, feed);
  if (!gate) feed();

  return new Promise((resolve, reject) => {
    let code: number | undefined;
    let killedBy: string | undefined;
    let timedOut = false;
    let thrown: Error | undefined;
    const leave = () => {
      // Not every sshd forwards a signal; closing the channel at least ends what reads or writes it.
      channel.signal('TERM');
      channel.close();
      settle();
    };
    const overdue = () => {
      timedOut = true;
      leave();
    };
    const timer = wanted.timeoutMs === undefined ? undefined : setTimeout(overdue, wanted.timeoutMs);
    wanted.signal?.addEventListener('abort', leave, { once: true });

    const settle = () => {
      clearTimeout(timer);
      clearInterval(pulse);
      gate?.end();
      wanted.signal?.removeEventListener('abort', leave);
      if (wanted.signal?.aborted) return reject(abortReason(wanted.signal));
      if (thrown) return reject(thrown);
      const refused = gate?.refused();
      resolve({ code, killedBy, timedOut, stdout: stdout.end(), stderr: stderr.end(), refused });
    };

    // Both streams must be drained, or `close` never comes.
    channel.on('data', (chunk: Buffer) => {
      if (thrown) return;
      try {
        stdout.push(chunk);
      } catch (error) {
        thrown = error instanceof Error ? error : new Error(String(error));
        leave();
      }
    });
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
