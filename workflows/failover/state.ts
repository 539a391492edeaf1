import { patched, uuid4 } from '@temporalio/workflow';
import type { FailoverState } from '../../cluster/failover/status.ts';
import type { FailoverRecord } from './record.ts';

/** A webhook that is down for long is told the newest of what it missed. */
const mostNotices = 20;

export function stateOf({ promotion, paused, troubles, wait }: FailoverRecord): FailoverState {
  if (promotion) return 'promoting';
  if (paused) return 'paused';
  return troubles.length > 0 || wait ? 'degraded' : 'watching';
}

/** What a person should know of, each in a line. */
function linesOf({ troubles, wait }: FailoverRecord): readonly string[] {
  return [...troubles, ...(wait ? [`waits: ${wait.reason}: ${wait.why}`] : [])];
}

/** How it is, in one line. */
export function lineOf(record: FailoverRecord): string {
  const { promotion, paused } = record;
  const lines = [
    ...(promotion ? [`promoting ${promotion.candidate}`] : []),
    ...(paused ? [`paused: ${paused.reason}`] : []),
    ...linesOf(record),
  ];
  return lines.join('; ') || 'all is well';
}

/** After something changed: its state and since when, events, and a notice once per change of state or reason, or where more is degraded. */
export function settle(record: FailoverRecord): void {
  const state = stateOf(record);
  if (state !== record.state) record.since = Date.now();
  record.state = state;
  tellEvents(record);
  tellPeople(record);
}

function tellEvents(record: FailoverRecord): void {
  const lines = linesOf(record);
  for (const line of lines) if (!record.said.includes(line)) record.event(line);
  if (lines.length === 0 && record.said.length > 0) record.event('all is well');
  record.said = lines;
}

/** What comes and goes while a promotion works is no news; one that waits may do so for days. */
function isBusy({ state, rules, waitsInPromotion }: FailoverRecord): boolean {
  return state === 'promoting' && !(rules >= 5 && waitsInPromotion);
}

function tellPeople(record: FailoverRecord): void {
  const { cluster, state, since, troubles: degraded, wait } = record;
  const told = [state, wait?.reason ?? ''].join(' ').trim();
  // Worse than it was is news too: two masters lost beside a storage that has been down for a week.
  const isWorse = degraded.some((line) => !record.toldLines.includes(line));
  const isNews = told !== record.told || (isWorse && !isBusy(record) && patched('tells-what-is-worse'));
  if (!isNews) {
    record.toldLines = record.toldLines.filter((line) => degraded.includes(line));
    return;
  }
  record.told = told;
  record.toldLines = degraded;
  record.notices.push({
    id: uuid4(),
    cluster,
    state,
    since: new Date(since).toISOString(),
    what: lineOf(record).slice(0, 500),
    degraded,
    ...(wait && { waitingFor: wait }),
  });
  record.notices.splice(0, record.notices.length - mostNotices);
}
