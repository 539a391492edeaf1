import fc from 'fast-check';
import { decide } from '../../../cluster/failover/decide.ts';
import type { Judgement, Memory, Readiness, Situation } from '../../../cluster/failover/decision.ts';
import { emptyMemory } from '../../../cluster/failover/decision.ts';
import type { ApiAnswer, Observation, Picture } from '../../../cluster/failover/picture.ts';
import {
  type State,
  type World,
  calm,
  candidates,
  controlPlane,
  masters,
  members,
  pictureOf,
  points,
} from './scenes.ts';

/** One call of `decide` in a history: what went in, and what came out. */
export interface Step {
  readonly observation: Observation | undefined;
  readonly situation: Situation;
  readonly before: Memory;
  readonly judgement: Judgement;
}

interface Happening {
  readonly picture: Picture;
  /** ms between the observation before and this one; negative where the clock was set back. */
  readonly gap: number;
  readonly ms: number;
  readonly fails: boolean;
  readonly change: Situation['change'];
  readonly approved: boolean;
  readonly paused: boolean;
  /** Whether a promotion that is decided here comes to its end. */
  readonly succeeds: boolean;
}

const rarely = <T>(value: fc.Arbitrary<T>, none: T, weight = 6) =>
  fc.oneof({ weight, arbitrary: fc.constant(none) }, { weight: 1, arbitrary: value });
const someOf = (names: readonly string[]) => fc.subarray([...names]);

const state = fc.constantFrom<State>('well', 'api-ended', 'api-hangs', 'api-unready', 'off', 'off', 'off');
const addresses = [...controlPlane, ...candidates].map(({ address }) => address);

/** Mostly the end of the world, for there a promotion is near; and whatever else can be wrong beside it. */
const world: fc.Arbitrary<World> = fc.record({
  masters: fc.oneof(
    { weight: 5, arbitrary: fc.constant(Object.fromEntries(masters.map((name) => [name, 'off' as const]))) },
    { weight: 2, arbitrary: fc.record({ 'master-1': state, 'master-2': state, 'master-3': state }) },
  ),
  leases: rarely(someOf([...addresses, '10.0.0.77']), []),
  off: fc.oneof(
    { weight: 6, arbitrary: fc.constant([]) },
    { weight: 2, arbitrary: fc.constant(['worker-1']) },
    { weight: 1, arbitrary: someOf([...members, 'lb-1', 'lb-2', 'worker-1', 'worker-2']) },
  ),
  etcdDown: rarely(someOf(members), []),
  unheard: rarely(someOf(points), []),
  cutOff: rarely(someOf(points), []),
  haproxyDown: rarely(someOf(['lb-1', 'lb-2']), []),
  keepalivedDown: rarely(someOf(['lb-1', 'lb-2']), []),
  nfs: fc.boolean(),
});

/** What no world would show: single values of single views, as a broken probe or half a network gives. */
const noise = rarely(
  fc.array(
    fc.record({
      point: fc.constantFrom(...points),
      host: fc.constantFrom(...masters, 'worker-1', 'worker-2'),
      ssh: fc.constantFrom<boolean | undefined>(true, false, undefined),
      api: fc.constantFrom<ApiAnswer | undefined>('ready', 'unready', 'refused', 'silent', undefined),
      internal: fc.constantFrom<ApiAnswer | undefined>('ready', 'unready', 'silent', undefined),
    }),
    { maxLength: 4 },
  ),
  [],
  3,
);

/** A candidate whose promotion ended when its API server had started already. */
const half = rarely(fc.constantFrom(...candidates), undefined, 8);

const picture = fc.tuple(world, noise, half).map(([world, noise, half]) => {
  const seen = structuredClone(pictureOf(world)) as {
    vantagePoints: Record<
      string,
      {
        ssh: Record<string, unknown>;
        api: Record<string, unknown>;
        addresses: Record<string, unknown>;
      } | null
    >;
    etcd: Record<string, { leases: string[] | null } | null>;
  };
  if (half) {
    for (const view of Object.values(seen.vantagePoints)) if (view) view.api[half.name] = 'ready';
    // The members' leases may be one and the same array.
    for (const member of Object.values(seen.etcd))
      if (member?.leases) member.leases = [...member.leases, half.address];
  }
  for (const { point, host, ssh, api, internal } of noise) {
    const view = seen.vantagePoints[point];
    if (!view) continue;
    set(view.ssh, host, ssh);
    set(view.api, host, api);
    set(view.addresses, 'internal', internal);
  }
  return seen as unknown as Picture;
});

function set(into: Record<string, unknown>, key: string, value: unknown): void {
  if (value === undefined) delete into[key];
  else into[key] = value;
}

const happening: fc.Arbitrary<Happening> = fc.record({
  picture,
  gap: fc.oneof(
    { weight: 12, arbitrary: fc.integer({ min: 0, max: 1500 }) },
    { weight: 2, arbitrary: fc.integer({ min: 0, max: 5000 }) },
    { weight: 1, arbitrary: fc.integer({ min: -20_000, max: 90_000 }) },
  ),
  ms: fc.oneof(
    { weight: 3, arbitrary: fc.integer({ min: 0, max: 6000 }) },
    { weight: 1, arbitrary: fc.integer({ min: 0, max: 90_000 }) },
  ),
  fails: rarely(fc.constant(true), false, 20),
  change: fc.constantFrom<Situation['change']>(
    'none',
    'none',
    'none',
    'none',
    'parked',
    'running',
    'refuses',
  ),
  approved: fc.boolean(),
  paused: rarely(fc.constant(true), false),
  succeeds: fc.boolean(),
});

const readiness = fc.constantFrom<Readiness | undefined>(
  {},
  {},
  {},
  { problem: 'host' },
  { problem: 'no-backup' },
  undefined,
);

export const situation: fc.Arbitrary<Situation> = fc.record({
  ...Object.fromEntries(Object.entries(calm).map(([key, value]) => [key, fc.constant(value)])),
  paused: rarely(fc.constant(true), false),
  policy: fc.record({
    mode: fc.constantFrom('automatic' as const, 'automatic' as const, 'manual' as const),
    promoteBelow: fc.constantFrom(1, 1, 1, 2, 3, 5),
    confirmForMs: fc.constantFrom(3000, 10_000, 20_000),
    healsAnHour: fc.integer({ min: 0, max: 3 }),
  }),
  readiness: fc
    .record({ 'worker-1': readiness, 'worker-2': readiness })
    .map((all) => Object.fromEntries(Object.entries(all).filter(([, known]) => known))),
  leaveAlone: rarely(
    fc.dictionary(
      fc.constantFrom(...masters, ...members, 'lb-1', 'lb-2'),
      fc.integer({ min: 0, max: 300_000 }),
      {
        maxKeys: 3,
      },
    ),
    {},
  ),
}) as unknown as fc.Arbitrary<Situation>;

/** A picture that lasts is seen in several pieces: each happening is repeated up to a few times. */
export const history: fc.Arbitrary<{
  readonly situation: Situation;
  /** The promotion of the first candidate is open all the time. */
  readonly promoting: boolean;
  readonly happenings: readonly Happening[];
}> = fc.record({
  situation,
  promoting: rarely(fc.constant(true), false, 3),
  happenings: fc
    .array(fc.tuple(happening, fc.integer({ min: 1, max: 4 })), { minLength: 2, maxLength: 12 })
    .map((all) =>
      all.flatMap(([one, times]) =>
        Array.from({ length: times }, (_, i) => (i === 0 ? one : { ...one, gap: Math.abs(one.gap) % 1500 })),
      ),
    ),
});

/** Lives through it as the workflow does: it remembers, and a promotion that has ended is written down. */
export function live({
  situation: given,
  promoting = false,
  happenings,
}: {
  situation: Situation;
  promoting?: boolean;
  happenings: readonly Happening[];
}): Step[] {
  let memory = emptyMemory;
  let now = 1_000_000;
  let { controlPlane: serving, candidates: free } = given;
  return happenings.map(({ picture, gap, ms, fails, approved, paused, succeeds, ...seen }) => {
    const since = now + gap;
    const observation = fails ? undefined : { picture, since, until: since + ms };
    now = since + ms;
    const open = promoting && free[0] ? { promoting: free[0] } : undefined;
    // One that is open works, or waits for a person.
    const change = open && seen.change === 'none' ? ('running' as const) : seen.change;
    const situation = {
      ...given,
      change,
      ...open,
      approved,
      paused,
      controlPlane: serving,
      candidates: free,
    };
    const before = memory;
    const judgement = decide(before, observation, situation);
    memory = judgement.memory;
    const { decision } = judgement;
    if (decision.do === 'promote') {
      memory = { ...memory, promotionEnded: now };
      const promoted = free.filter(({ name }) => succeeds && name === decision.candidate);
      serving = [...serving, ...promoted];
      free = free.filter((host) => !promoted.includes(host));
    }
    return { observation, situation, before, judgement };
  });
}
