import { colors } from '../colors.ts';
import type { FailoverState, FailoverStatus } from '../../cluster/failover/status.ts';
import { day, decisionText, readinessText, waitText, when } from './in-words.ts';
import { seenOfAll, seenOfHosts } from './seen.ts';

/** Events that are shown; `--json` and the UI have all of them. */
const shownEvents = 8;

/** What failover says, for a person. `now`: ms since 1970. */
export function failoverText(status: FailoverStatus, link: string, now: number): string {
  const { cluster, state, since, picture, pictureSince, paused, backup } = status;
  const parts = [
    ...status.degraded.map((what) => colors.yellow(`degraded: ${what}`)),
    ...(paused ? [`paused since ${when(paused.since, now)}: ${paused.reason}`] : []),
    ...(picture ? seenOfAll(picture) : ['nothing was seen yet']),
    ...(pictureSince !== undefined ? [`seen so since ${when(pictureSince, now)}:`] : []),
    ...(picture ? seenOfHosts(picture, hostsFirst(status)).map((line) => `  ${line}`) : []),
    `control plane: ${status.controlPlane.join(', ')}`,
    ...named('never served yet (holdfast up SPEC)', status.joining ?? []),
    ...named('promoted', status.promoted),
    ...named('being demoted', status.demoting === undefined ? [] : [status.demoting]),
    ...halfDemotedLines(status),
    ...unfinishedLine(status),
    ...named('forgotten', status.forgotten),
    ...named(
      'candidates',
      Object.entries(status.candidates).map(([host, readiness]) => readinessText(host, readiness)),
    ),
    ...(backup ? backupLines(backup, now) : []),
    `decision: ${decisionText(status.decision)}`,
    ...status.events.slice(-shownEvents).map(({ at, what }) => colors.dim(`${day(at)}  ${what}`)),
    ...status.refused.map(({ signal, why }) => `refused: ${signal}: ${why}`),
  ];
  return [
    `${cluster}: failover: ${stateText(state)} since ${when(since, now)}`,
    link,
    ...parts.map((line) => `  ${line}`),
    ...(status.waitingFor ? waitText(status.waitingFor) : []),
  ].join('\n');
}

export function stateText(state: FailoverState): string {
  return state === 'watching' ? colors.green(state) : colors.yellow(state);
}

function backupLines({ newest, problem }: NonNullable<FailoverStatus['backup']>, now: number): string[] {
  return [
    newest === undefined
      ? colors.yellow('backup: none that can be opened')
      : `backup: newest of ${when(newest, now)}`,
    ...(problem !== undefined ? [colors.yellow(`backup: ${problem}`)] : []),
  ];
}

const halfDemotedLines = ({ cluster, halfDemoted = [], demoting }: FailoverStatus): string[] =>
  halfDemoted
    .filter((host) => host !== demoting)
    .map((host) => `half demoted: ${host}. holdfast demote ${cluster} --host ${host} finishes it`);

const unfinishedLine = ({ cluster, unfinished, state }: FailoverStatus): string[] =>
  unfinished === undefined || state === 'promoting'
    ? []
    : [
        `not finished: the promotion of ${unfinished}. holdfast promote ${cluster} --candidate ${unfinished} finishes it; once the masters serve, holdfast demote ${cluster} --host ${unfinished} takes it back`,
      ];

const named = (what: string, names: readonly string[]): string[] =>
  names.length > 0 ? [`${what}: ${names.join(', ')}`] : [];

const hostsFirst = ({ controlPlane, promoted, candidates }: FailoverStatus): readonly string[] => [
  ...controlPlane,
  ...promoted,
  ...Object.keys(candidates),
];
