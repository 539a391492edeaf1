import type { SshTarget } from '../cluster/cluster.ts';
import type { ShellCommand } from './shell.ts';

/** One machine over SSH. The connection is opened on first use, kept, and shared by all steps. */
export interface Host {
  readonly name: string;

  /**
   * Runs a command and waits for its exit code. Throws `HostError`: `CommandFailed` on a code other than those
   * in `ok` (default: 0 alone), `ConnectionLost` when no code arrived, `SudoRefused`.
   */
  run(command: ShellCommand, options?: RunOptions): Promise<RunResult>;

  /**
   * Runs a command that speaks for as long as it likes, hands over each line of its stdout as it comes, and answers when
   * it ended by itself, whatever its code. Its stdin stays open and carries an empty line every five seconds: a command
   * that must not outlive its caller reads it, and leaves when it ends or falls silent. Throws `ConnectionLost`,
   * `SudoRefused`, what `onLine` throws (the command is ended), `CommandFailed` at a line that is too long, and the
   * signal's reason.
   */
  stream(command: ShellCommand, onLine: (line: string) => void, options?: StreamOptions): Promise<StreamEnd>;

  /** The host's public key as it was verified when the connection was opened: `ssh-ed25519 AAAA…`. */
  hostKey(): Promise<string>;

  /** Content of a file, or undefined where there is none. */
  readFile(
    path: string,
    options?: { sudo?: boolean; signal?: AbortSignal; maxBytes?: number },
  ): Promise<Buffer | undefined>;

  /** Looks, writes atomically (temporary file, fsync, rename) only what differs, looks again. */
  writeFile(file: FileWanted): Promise<{ changed: boolean }>;

  /** Starts a detached job under this name unless a unit or a result of this name exists already. Safe to call twice. */
  startJob(job: JobSpec): Promise<{ started: boolean }>;

  /** The job's state now; log from `offset` on (at most 64 kB). */
  readJob(name: string, dir: string, offset: number): Promise<JobState>;

  /** Ends a job on purpose. */
  stopJob(name: string, dir: string): Promise<void>;
}

export interface RunOptions {
  sudo?: boolean;
  stdin?: string | Buffer;
  /** Exit codes that are an answer, not a failure. */
  ok?: readonly number[] | 'any';
  /** Seconds; default 60. */
  timeout?: number;
  signal?: AbortSignal;
  /** Never show the command's text, stdin or stdout in an error. Its stderr is shown: there programs say why they failed. */
  secret?: boolean;
  /** It fetches from outside of the site: by the proxy that the host itself may have in its environment. Else never by one. */
  outside?: boolean;
  /** Bytes kept of each stream; the rest is dropped and said so. Default 1 MiB. */
  maxBytes?: number;
}

export interface StreamOptions {
  sudo?: boolean;
  /** What its stdin begins with. */
  stdin?: string | Buffer;
  signal?: AbortSignal;
  /** Bytes of the longest line that is taken; default 256 KiB. */
  maxLine?: number;
}

export interface StreamEnd {
  readonly code: number;
  /** Last lines of stderr. */
  readonly tail: string;
}

export interface RunResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface FileWanted {
  path: string;
  content: string | Buffer;
  /** e.g. 0o644 */
  mode: number;
  /** user:group; default root:root with sudo */
  owner?: string;
  sudo?: boolean;
  /** Its content must not show in an error. */
  secret?: boolean;
  signal?: AbortSignal;
}

export interface JobSpec {
  /** Unit name without ".service". */
  name: string;
  /** Folder on the host that will hold log, rc. Made with mode 0700. */
  dir: string;
  command: ShellCommand;
  env?: Readonly<Record<string, string>>;
  cwd?: string;
}

export type JobState =
  | { readonly state: 'running'; readonly log: string; readonly offset: number }
  | { readonly state: 'ended'; readonly rc: number; readonly log: string; readonly offset: number }
  /** A unit that was started and is gone without a result (power cut): neither success nor failure. */
  | { readonly state: 'vanished'; readonly log: string; readonly offset: number }
  | { readonly state: 'absent' };

/** Hands out hosts, one connection each; the worker's composition root builds the real one. */
export interface Hosts {
  host(target: SshTarget): Host;
  close(): Promise<void>;
}
