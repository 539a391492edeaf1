import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ChangeStatus } from '../../../cluster/status.ts';

const root = join(import.meta.dirname, '..', '..', '..');
const program = join(root, 'dist', 'client', 'main.js');

/**
 * Server and worker stand on a machine of their own elsewhere. Here all hosts of a lab share its processor with them, and
 * masters that boot together take all of it for minutes: a workflow would have to wait for what it watches.
 */
const ofItsOwn = ['nice', '-n', '-10'];

/** The command line as a person uses it, with a state folder of the story's own. */
export interface Holdfast {
  /** Runs to its end; the exit code is an answer. */
  run(args: readonly string[], minutes?: number): Promise<Ended>;
  /** Runs in the background; `ended` resolves when it does. */
  start(args: readonly string[]): Started;
  status(cluster: string): Promise<ChangeStatus | undefined>;
  readonly state: string;
  /** What it finds in its environment beside the process's own. */
  readonly env: Readonly<Record<string, string>>;
}

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Started {
  readonly ended: Promise<Ended>;
  readonly child: ChildProcess;
}

export function holdfastCommand(
  state = mkdtempSync(join(tmpdir(), 'holdfast-story-')),
  more: Readonly<Record<string, string>> = {},
): Holdfast {
  const env = { ...process.env, XDG_STATE_HOME: state, NO_COLOR: '1', ...more };
  const start = (args: readonly string[]): Started => {
    const [command, ...rest] = [...(args[0] === 'dev' ? ofItsOwn : []), process.execPath, program, ...args];
    const child = spawn(command as string, rest, {
      cwd: root,
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    return { child, ended: collected(child) };
  };
  const run = async (args: readonly string[], minutes = 5): Promise<Ended> => {
    const { child, ended } = start(args);
    const timer = setTimeout(() => child.kill('SIGKILL'), minutes * 60_000);
    return ended.finally(() => clearTimeout(timer));
  };
  const status = async (cluster: string): Promise<ChangeStatus | undefined> => {
    const { stdout } = await run(['status', cluster, '--json'], 1);
    try {
      return JSON.parse(stdout) as ChangeStatus;
    } catch {
      return undefined;
    }
  };
  return { run, start, status, state, env: more };
}

/**
 * ms between two looks at something whose moment is no figure with a bound. A look starts a program on the machine that
 * carries all hosts: twice a second it takes half a core from the very thing that is waited for.
 */
export const unhurried = 3000;

/** Asks until the answer satisfies; throws with the last answer when the minutes are over. */
export async function until<T>(
  what: string,
  minutes: number,
  ask: () => Promise<T>,
  enough: (answer: T) => boolean,
  pauseMs = 500,
): Promise<T> {
  const end = Date.now() + minutes * 60_000;
  for (;;) {
    const answer = await ask();
    if (enough(answer)) return answer;
    if (Date.now() > end)
      throw new Error(
        `${what}: not within ${minutes} minutes; last seen: ${JSON.stringify(answer)?.slice(0, 3000)}`,
      );
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
  }
}

function collected(child: ChildProcess): Promise<Ended> {
  let stdout = '';
  let stderr = '';
  child.stdout?.on('data', (data: Buffer) => (stdout += data.toString()));
  child.stderr?.on('data', (data: Buffer) => (stderr += data.toString()));
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, stdout, stderr }));
  });
}
