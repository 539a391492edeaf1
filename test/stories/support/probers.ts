import { setTimeout as pause } from 'node:timers/promises';
import { type ProbeAccess, probeAccess } from '../../../activities/drill/probe-access.ts';
import {
  launchProber,
  pace,
  readProber,
  removeProber,
  stopProber,
} from '../../../activities/drill/prober.ts';
import { probeConfigMap } from '../../../cluster/drill/probe-objects.ts';
import { probeTargets } from '../../../cluster/drill/probe-targets.ts';
import type { ProbeLog } from '../../../cluster/drill/probe-log.ts';
import { type StoryLab, settled } from './story-lab.ts';

/** Seconds of probing before anything is broken: what fails then is noise. */
const baseline = 5;
/** How often is tried: each stream, or all streams of a client together. */
type Pace =
  | { /** Seconds between two tries of a stream. */ readonly every: number }
  | {
      /** Tries a second of a client. */
      readonly ofClient: number;
      /** Each client tries one address alone, the last of those that it may ask and another client does not. */
      readonly split: boolean;
    };

/** As in a drill, and the last, which is no measurement any more but leaves the most to the lab. */
const [fastest, slowest]: readonly [Pace, Pace] = [{ every: pace.every }, { every: 1 }];
/** For a machine that cannot carry so many beside its lab; none between where nothing is measured (the gate's single runs). */
const paces: readonly Pace[] =
  process.env.HOLDFAST_RUNS === undefined
    ? [fastest, slowest]
    : [fastest, { ofClient: 10, split: true }, { ofClient: 10, split: false }, slowest];
/** The one that this machine was found to carry, by its place: a story's later runs begin with it. */
let carried = 0;
/** Seconds until what a pace that was too fast has left over is worked off: a slower one would be judged by it. */
const rest = 20;
/** A cluster that nothing is broken of answers; more of the tries than this fail where the machine is overloaded. */
const noise = 0.05;
/** Nothing cuts a story's own calls short. */
const untilDone = new AbortController().signal;

/** Clients that probe at once, all as fast as this machine can carry. */
export class Probers {
  /** Seconds between two tries of the slowest stream. */
  every: number = pace.every;
  readonly #lab: StoryLab;
  readonly #clients: readonly string[];
  readonly #access: ProbeAccess;
  #job = '';

  private constructor(lab: StoryLab, clients: readonly string[], access: ProbeAccess) {
    this.#lab = lab;
    this.#clients = clients;
    this.#access = access;
  }

  /** They end by themselves after `minutes`, whatever becomes of this process. */
  static async start(lab: StoryLab, clients: readonly string[], minutes: number): Promise<Probers> {
    const maps = clients.flatMap((client) =>
      probeTargets(lab.cluster, client).map(({ address }) => probeConfigMap(client, address)),
    );
    const access = await probeAccess(lab.host('bastion-1'), lab.name, maps, (minutes + 30) * 60, untilDone);
    const probers = new Probers(lab, clients, access);
    try {
      for (;;) {
        const at = paces[carried] ?? slowest;
        if ('split' in at && at.split && clients.length < 2) {
          carried += 1;
          continue;
        }
        await probers.#launch(at, minutes);
        await pause(baseline * 1000);
        if (carried === paces.length - 1 || noiseOf(await probers.#read()) <= noise) break;
        carried += 1;
        await probers.remove();
        await settled(lab);
        await pause(rest * 1000);
      }
    } catch (failure) {
      await probers.remove();
      throw failure;
    }
    return probers;
  }

  /** Tells them to end; what each wrote. */
  async stop(): Promise<readonly ProbeLog[]> {
    await this.#each((host) => stopProber(host, this.#job, untilDone));
    return this.#read();
  }

  async remove(): Promise<void> {
    await this.#each((host) => removeProber(host, this.#job, untilDone).catch(() => undefined));
  }

  async #launch(at: Pace, minutes: number): Promise<void> {
    this.every = 0;
    this.#job = `holdfast-${this.#lab.name}-story-${Date.now().toString(36)}`;
    await Promise.all(
      this.#clients.map((client, i) => {
        const all = probeTargets(this.#lab.cluster, client);
        const targets = 'split' in at && at.split ? all.slice(-1 - (i % all.length)).slice(0, 1) : all;
        // Reads and writes of each.
        const every = 'ofClient' in at ? (2 * targets.length) / at.ofClient : at.every;
        this.every = Math.max(this.every, every);
        const wanted = { access: this.#access, targets, seconds: minutes * 60, every };
        return launchProber(this.#lab.host(client), this.#job, wanted, untilDone);
      }),
    );
  }

  async #read(): Promise<readonly ProbeLog[]> {
    const logs = await this.#each((host) => readProber(host, this.#job, untilDone));
    return logs.filter((log): log is ProbeLog => log !== undefined);
  }

  #each<T>(act: (host: ReturnType<StoryLab['host']>) => Promise<T>): Promise<T[]> {
    return Promise.all(this.#clients.map((client) => act(this.#lab.host(client))));
  }
}

/** The share of tries that failed; 1 where there were none. */
function noiseOf(logs: readonly ProbeLog[]): number {
  const tries = logs.flatMap((log) => log.tries);
  return tries.length === 0 ? 1 : tries.filter(({ error }) => error !== undefined).length / tries.length;
}
