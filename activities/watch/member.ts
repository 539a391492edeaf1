import type { SshTarget } from '../../cluster/cluster.ts';
import { HostError } from '../../hosts/errors.ts';
import type { Hosts } from '../../hosts/host.ts';
import { redact } from '../../hosts/redact.ts';
import { sh } from '../../hosts/shell.ts';
import type { Reader } from './answers.ts';
import { pause } from './pause.ts';
import { type Steady, type Tree, merged, steady } from './steady.ts';

/** One loop on one host, kept going in the background. */
export interface Member {
  readonly name: string;
  /** What is shown of it; undefined: it was not heard of for `silenceMs`, or not yet. */
  shown(now: number): Tree | undefined;
  /** Whether `shown` tells of this very watch, and not of what the one before it knew. */
  readonly heard: boolean;
  /** Whether the watch before knew anything of it. */
  readonly wasKnown: boolean;
}

export interface Loop {
  readonly name: string;
  readonly target: SshTarget;
  readonly program: string;
  readonly question: unknown;
  readonly read: Reader;
  /** Root reads what others may not: etcd's certificates, the kubeconfig, processes where /proc hides them. */
  readonly sudo: boolean;
}

/** After this much silence nobody vouches for what was said. */
const silenceMs = 3_000;
/** A first look may take longer: the connection is opened, Python starts. */
export const firstLookMs = 4_000;
/** A loop that is silent for this long is started anew. */
const hungMs = 10_000;

export function member(
  hosts: Hosts,
  loop: Loop,
  known: Tree | undefined,
  signal: AbortSignal,
  tell: (news: string) => void,
): Member {
  let shown: Steady | undefined;
  let latest: Tree | undefined;
  let heard = false;
  let heardAt = Date.now() + firstLookMs - silenceMs;

  const hear = (line: string) => {
    const seen = withLostNodes(loop.read(line, latest === undefined), latest);
    const now = Date.now();
    const wasLost = now - heardAt > silenceMs;
    latest = latest ? merged(latest, seen) : seen;
    if (shown && !wasLost) shown.look(seen);
    else shown = steady(latest, heard || wasLost ? undefined : known);
    heard = true;
    heardAt = now;
  };

  const once = async (stop: AbortSignal): Promise<never> => {
    latest = undefined;
    // What a loop that was given up still had to say is no news.
    const take = (line: string) => (stop.aborted ? undefined : hear(line));
    const { code, tail } = await hosts
      .host(loop.target)
      .stream(sh`exec python3 -c ${loop.program} holdfast-watch`, take, {
        sudo: loop.sudo,
        stdin: `${JSON.stringify(loop.question)}\n`,
        signal: stop,
      });
    throw new Error(`its loop ended with code ${code}: ${tail.split('\n').at(-1) ?? ''}`);
  };

  const keepGoing = async () => {
    let failures = 0;
    let told = '';
    while (!signal.aborted) {
      const before = heardAt;
      try {
        await unlessHung(once, () => heardAt, signal);
      } catch (error) {
        if (signal.aborted) return;
        const why = redact(error instanceof Error ? error.message : String(error)).slice(0, 500);
        failures = heardAt > before && heard ? 0 : failures + 1;
        if (why !== told) tell(`${loop.name}: ${(told = why)}`);
        await pause(patience(error, failures), signal);
      }
    }
  };

  void keepGoing();
  return {
    name: loop.name,
    wasKnown: known !== undefined,
    shown: (now) => (now - heardAt > silenceMs ? undefined : (shown?.shown ?? known)),
    get heard() {
      return heard;
    },
  };
}

/** Ms until the next try. What no retry cures is tried all the same, seldom: a person may mend it. */
function patience(error: unknown, failures: number): number {
  const stubborn =
    error instanceof HostError &&
    ['AuthenticationFailed', 'HostKeyMismatch', 'SudoRefused'].includes(error.kind);
  return stubborn ? 60_000 : Math.min(5_000, 500 * 2 ** failures);
}

async function unlessHung(
  run: (signal: AbortSignal) => Promise<never>,
  heardAt: () => number,
  signal: AbortSignal,
): Promise<void> {
  const hung = new AbortController();
  const began = Date.now();
  const timer = setInterval(() => {
    if (Date.now() - Math.max(began, heardAt()) > hungMs)
      hung.abort(new Error(`nothing heard for ${hungMs / 1000} s`));
  }, 1_000);
  timer.unref();
  try {
    await run(AbortSignal.any([signal, hung.signal]));
  } finally {
    clearInterval(timer);
  }
}

/** A list of nodes is whole each time: one that it no longer names is gone. */
function withLostNodes(seen: Tree, latest: Tree | undefined): Tree {
  const [now, before] = [seen['nodes'], latest?.['nodes']];
  if (typeof now !== 'object' || now === null || typeof before !== 'object' || before === null) return seen;
  const lost = Object.keys(before).filter((name) => !(name in now));
  return { ...seen, nodes: { ...now, ...Object.fromEntries(lost.map((name) => [name, null])) } };
}
