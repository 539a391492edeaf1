import type { StepResult } from '../cluster/steps.ts';
import { HostError } from '../hosts/errors.ts';
import type { Host } from '../hosts/host.ts';

/** A place that was passed over, and why. */
export interface Missed {
  readonly place: string;
  readonly why: string;
}

/** The bastion and the hosts that get a copy, each once. */
export function backupPlaces(
  bastion: Host,
  alsoTo: readonly string[],
  other: (name: string) => Host,
): readonly Host[] {
  return [bastion, ...alsoTo.filter((name) => name !== bastion.name).map(other)];
}

/**
 * Works on all at once and waits for the last; those on which it failed are added to `missed`. Returns the others;
 * where none is left, the first error is thrown.
 */
export async function onEvery(
  places: readonly Host[],
  missed: Missed[],
  work: (host: Host) => Promise<unknown>,
): Promise<readonly Host[]> {
  const results = await Promise.allSettled(places.map(work));
  const failed = results.flatMap((result, i) =>
    result.status === 'rejected' ? [{ place: places[i] as Host, error: result.reason as unknown }] : [],
  );
  const cause = failed.find(({ error }) => !(error instanceof HostError)) ?? failed[0];
  if (cause && (failed.length === places.length || !(cause.error instanceof HostError))) throw cause.error;
  missed.push(
    ...failed.map(({ place, error }) => ({ place: place.name, why: (error as HostError).message })),
  );
  return places.filter((place) => !failed.some((one) => one.place === place));
}

/** What a step answers: done, and as a problem the places that were passed over. */
export function toldOf(changed: boolean, done: string, missed: readonly Missed[]): StepResult {
  if (missed.length === 0) return { changed, summary: done };
  const problem = `not on ${missed.map(({ place, why }) => `${place} (${why.slice(0, 200)})`).join(', ')}`;
  return { changed, summary: `${done}; ${problem}`, problem };
}

/** The first host for which `work` succeeds; when none does, why each did not, and the last one's command and output. */
export async function firstOf<T>(
  names: readonly string[],
  other: (name: string) => Host,
  work: (host: Host) => Promise<T>,
): Promise<T> {
  const failures: HostError[] = [];
  for (const name of names) {
    try {
      return await work(other(name));
    } catch (error) {
      if (!(error instanceof HostError)) throw error;
      failures.push(error);
    }
  }
  const last = failures.at(-1);
  const why = failures.map(({ host, message }) => `${host}: ${message.slice(0, 300)}`).join('; ');
  const next = 'Look at the hosts named, then retry.';
  throw new HostError('NotYet', last?.host ?? 'no host', why, { ...last?.details, next });
}
