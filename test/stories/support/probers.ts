import { setTimeout as pause } from 'node:timers/promises';
import { type ProbeAccess, probeAccess } from '../../../activities/drill/probe-access.ts';
import {
  launchProber,
  pace,
  readProber,
  removeProber,
  stopProber,
} from '../../../activities/drill/prober.ts';
import { slowestPace, splitPace } from '../../../bench/availability/judge.ts';
import { probeConfigMap } from '../../../cluster/drill/probe-objects.ts';
import { probeTargets } from '../../../cluster/drill/probe-targets.ts';
import type { ProbeLog } from '../../../cluster/drill/probe-log.ts';
import { type StoryLab, settled } from './story-lab.ts';

/** Seconds of probing before anything is broken: what fails then is noise. */
const baseline = 5;
interface Pace {
  /** Seconds between two tries of a stream. */
  readonly every: number;
  /** Each client tries one of the addresses, not both: half the streams, with the same tries a second of a client. */
  readonly split?: true;
}

/** As in a drill, and the last, which is no measurement any more but leaves the most to the lab. */
const [fastest, slowest]: readonly [Pace, Pace] = [{ every: pace.every }, { every: 1 }];
/** For a machine that cannot carry so many beside its lab; none between where nothing is measured (the gate's single runs). */
const paces: readonly Pace[] =
  process.env.HOLDFAST_RUNS === undefined
    ? [fastest, slowest]
    : [fastest, { every: 1 / splitPace, split: true }, { every: 1 / slowestPace }, slowest];
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
  /** Seconds between two tries of a stream. */
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
        if (at.split && clients.length < 2) {
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

  async #launch({ every, split }: Pace, minutes: number): Promise<void> {
    this.every = every;
    this.#job = `holdfast-${this.#lab.name}-story-${Date.now().toString(36)}`;
    await Promise.all(
      this.#clients.map((client, i) => {
        const all = probeTargets(this.#lab.cluster, client);
        const targets = split ? all.filter((_, n) => n === i % all.length) : all;
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
