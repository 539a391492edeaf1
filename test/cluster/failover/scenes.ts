import { decide } from '../../../cluster/failover/decide.ts';
import type {
  Decision,
  Judgement,
  Memory,
  NamedHost,
  Situation,
} from '../../../cluster/failover/decision.ts';
import { emptyMemory } from '../../../cluster/failover/decision.ts';
import type { ApiAnswer, EtcdView, Observation, Picture, View } from '../../../cluster/failover/picture.ts';

export const masters = ['master-1', 'master-2', 'master-3'];
export const members = ['etcd-1', 'etcd-2', 'etcd-3'];
export const points = ['bastion-1', 'lb-1', 'lb-2'];
const named = (name: string, index: number, net: number): NamedHost => ({
  name,
  address: `10.0.0.${net + index}`,
});
export const controlPlane = masters.map((name, index) => named(name, index, 31));
export const candidates = ['worker-1', 'worker-2'].map((name, index) => named(name, index, 41));

/** The twelve hosts of the example, all well. */
export const calm: Situation = {
  cluster: 'demo',
  controlPlane,
  candidates,
  etcd: members,
  balancers: ['lb-1', 'lb-2'],
  policy: { mode: 'automatic', promoteBelow: 1, confirmForMs: 10_000, healsAnHour: 3 },
  change: 'none',
  readiness: { 'worker-1': {}, 'worker-2': {} },
  approved: false,
  paused: false,
  rules: 4,
  leaveAlone: {},
};

/** How a host is: well; its API server ended, hangs or is not ready; the host off, or frozen (which looks the same). */
export type State = 'well' | 'api-ended' | 'api-hangs' | 'api-unready' | 'off';

/** What is wrong in the world, from which a picture follows. */
export interface World {
  readonly masters?: Readonly<Record<string, State>>;
  /** Leases that are left. Default: those of the masters whose API server is well or unready. */
  readonly leases?: readonly string[];
  readonly off?: readonly string[];
  /** Members whose process is down on a host that lives. */
  readonly etcdDown?: readonly string[];
  /** Vantage points that are not heard. */
  readonly unheard?: readonly string[];
  /** Vantage points without a way to the masters. */
  readonly cutOff?: readonly string[];
  /** The load balancers get no answer from any host's SSH. */
  readonly sshForBastion?: boolean;
  /** Balancers on which a unit is down. */
  readonly haproxyDown?: readonly string[];
  readonly keepalivedDown?: readonly string[];
  readonly nfs?: boolean;
  /** That etcd has raised. */
  readonly alarms?: readonly string[];
  readonly fills?: boolean;
  /** Whom a member follows where it is not etcd-1. */
  readonly leaders?: Readonly<Record<string, string>>;
}

const answerOf: Readonly<Record<State, ApiAnswer>> = {
  well: 'ready',
  'api-ended': 'refused',
  'api-hangs': 'silent',
  'api-unready': 'unready',
  off: 'silent',
};

export function pictureOf(world: World): Picture {
  // What `masters` says of one is more exact than `off`.
  const off = new Set(world.off?.filter((name) => (world.masters?.[name] ?? 'off') === 'off'));
  const state = (name: string): State =>
    world.masters?.[name] ?? (world.off?.includes(name) ? 'off' : 'well');
  const hosts = [...masters, ...members, 'lb-1', 'lb-2', 'worker-1', 'worker-2'];
  const serves = masters.some((name) => state(name) === 'well');
  const well = (name: string) => !off.has(name) && !world.etcdDown?.includes(name);
  const quorum = members.filter(well).length >= 2;
  const leases =
    world.leases ??
    controlPlane
      .filter(({ name }) => ['well', 'api-unready'].includes(state(name)))
      .map(({ address }) => address);
  const unheard = (point: string) => off.has(point) || world.unheard?.includes(point) === true;
  const api = (name: string): ApiAnswer => {
    const answer = masters.includes(name) ? answerOf[state(name)] : off.has(name) ? 'silent' : 'refused';
    return answer === 'ready' && !quorum ? 'unready' : answer;
  };
  const view = (point: string): View | null => {
    if (unheard(point)) return null;
    const cut = (name: string) => masters.includes(name) && world.cutOff?.includes(point) === true;
    const closed = world.sshForBastion === true && point !== 'bastion-1';
    const greets = (name: string) => !closed && !cut(name) && !off.has(name) && state(name) !== 'off';
    return {
      ssh: Object.fromEntries(hosts.map((name) => [name, greets(name)])),
      api: Object.fromEntries(
        [...masters, 'worker-1', 'worker-2'].map((name) => [name, cut(name) ? 'silent' : api(name)]),
      ),
      addresses: { internal: serves && quorum && !world.cutOff?.includes(point) ? 'ready' : 'silent' },
    };
  };
  const etcd = (name: string): EtcdView | null => {
    if (off.has(name)) return null;
    const healthy = quorum && well(name);
    const { alarms = [], fills = false } = world;
    const leader = world.leaders?.[name] ?? 'etcd-1';
    return { healthy, leader: healthy ? leader : '', leases: healthy ? leases : null, alarms, fills };
  };
  return {
    vantagePoints: Object.fromEntries(points.map((point) => [point, view(point)])),
    balancers: Object.fromEntries(
      ['lb-1', 'lb-2'].map((name) => [
        name,
        unheard(name)
          ? null
          : {
              haproxy: !world.haproxyDown?.includes(name),
              keepalived: !world.keepalivedDown?.includes(name),
              holds: name === 'lb-1' ? ['internal'] : ['external'],
            },
      ]),
    ),
    etcd: Object.fromEntries(members.map((name) => [name, etcd(name)])),
    nodes:
      serves && quorum
        ? Object.fromEntries(
            [...masters, 'worker-1', 'worker-2'].map((name) => [
              name,
              { ready: state(name) !== 'off' && !off.has(name), controlPlane: masters.includes(name) },
            ]),
          )
        : null,
    nfs: unheard('bastion-1') ? null : (world.nfs ?? true),
  };
}

export interface Moment extends Judgement {
  /** ms since the start */
  readonly at: number;
}

/** Watches as the workflow does: decides at each change and whenever `decide` asks for it, and remembers what it did. */
export class Watch {
  now = 0;
  memory: Memory = emptyMemory;
  moments: Moment[] = [];
  situation: Situation;

  constructor(situation: Partial<Situation> = {}) {
    this.situation = { ...calm, ...situation };
  }

  see(world: World | Picture, ms: number): this {
    const picture = 'vantagePoints' in world ? world : pictureOf(world);
    const end = this.now + ms;
    this.observe({ picture, since: this.now, until: this.now });
    while (this.now < end) {
      const again = this.moments.at(-1)?.againInMs ?? Infinity;
      const until = Math.min(end, this.now + again);
      this.observe({ picture, since: this.now, until });
    }
    return this;
  }

  observe(observation: Observation | undefined): Judgement {
    const judgement = decide(this.memory, observation, this.situation);
    this.now = observation?.until ?? this.now;
    this.memory = judgement.memory;
    this.moments.push({ ...judgement, at: this.now });
    return judgement;
  }

  get last(): Moment {
    const last = this.moments.at(-1);
    if (!last) throw new Error('nothing was seen yet');
    return last;
  }

  /** What was decided, each with the time of its first moment; a decision that stands is named once. */
  get story(): readonly (readonly [at: number, what: string])[] {
    const told = this.moments.map(({ at, decision }) => [at, nameOf(decision)] as const);
    return told.filter(([, what], index) => index === 0 || what !== told[index - 1]?.[1]);
  }
}

export function nameOf(decision: Decision): string {
  switch (decision.do) {
    case 'promote':
      return `promote ${decision.candidate}`;
    case 'heal':
      return `heal ${decision.part} ${decision.host}`;
    case 'wait':
      return `wait ${decision.reason}`;
    default:
      return decision.do;
  }
}
