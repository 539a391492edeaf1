import type { Picture, View } from '../../cluster/failover/picture.ts';
import type { FailoverEvent, FailoverStatus } from '../../cluster/failover/status.ts';
import { fence, joinWithin } from '../markdown.ts';

/** More rows than this nobody reads. */
const mostRows = 60;

/** What the UI shows of failover, as markdown: what a person should do, what is seen, what has happened. */
export function details(status: FailoverStatus): string {
  const { state, since, waitingFor, paused, degraded, picture, pictureSince, promoted, forgotten } = status;
  const parts = [
    waitingFor && `### Waits for a person: ${waitingFor.reason}\n\n${waitingFor.why}`,
    waitingFor && waitingFor.help.length > 0 && fence(waitingFor.help.join('\n')),
    paused &&
      `### Paused since ${paused.since}\n\n${paused.reason}\n\n${fence(`holdfast resume ${status.cluster}`)}`,
    `**${state}** since ${since}`,
    degraded.map((line) => `- ${line}`).join('\n'),
    picture && `${pictureTable(picture)}\n\nSo since ${pictureSince}.`,
    promoted.length > 0 && `Promoted: ${promoted.join(', ')}`,
    forgotten.length > 0 && `Given up for good: ${forgotten.join(', ')}`,
    candidatesList(status),
    ...eventLines(status.events),
  ];
  return joinWithin(parts.filter((part) => typeof part === 'string' && part !== '') as string[]);
}

/** Hosts × what is seen of each. Of nodes beyond those that are watched, the ones that are not ready. */
function pictureTable(picture: Picture): string {
  const { vantagePoints, balancers, etcd, nodes } = picture;
  const views = Object.values(vantagePoints).filter((view) => view !== null);
  const unready = Object.entries(nodes ?? {}).flatMap(([name, { ready }]) => (ready ? [] : [name]));
  const hosts = new Set([
    ...Object.keys(vantagePoints),
    ...views.flatMap(({ ssh, api }) => [...Object.keys(ssh), ...Object.keys(api)]),
    ...Object.keys(etcd),
    ...unready,
  ]);
  const rows = [...hosts].slice(0, mostRows).map((host) => {
    const cells = [
      ...(host in vantagePoints ? [vantagePoints[host] ? 'heard' : '**not heard**'] : ['']),
      sshOf(views, host),
      apiOf(views, host),
      host in etcd ? memberOf(picture, host) : '',
      host in balancers ? balancerOf(picture, host) : '',
      nodeOf(picture, host),
    ];
    return `| ${[host, ...cells].join(' | ')} |`;
  });
  return [
    '| host | vantage point | SSH | API | etcd | load balancer | node |',
    '|---|---|---|---|---|---|---|',
    ...rows,
    ...addressRows(views),
  ].join('\n');
}

function sshOf(views: readonly View[], host: string): string {
  const told = views.flatMap(({ ssh }) => ssh[host] ?? []);
  const greets = told.filter(Boolean).length;
  if (told.length === 0) return '';
  if (greets === told.length) return '✔';
  return greets === 0 ? '**✘**' : `${greets} of ${told.length}`;
}

const apiOf = (views: readonly View[], host: string): string =>
  distinct(views.flatMap(({ api }) => api[host] ?? []));

function addressRows(views: readonly View[]): readonly string[] {
  return (['internal', 'external'] as const).flatMap((name) => {
    const answers = distinct(views.flatMap(({ addresses }) => addresses[name] ?? []));
    return answers ? [`| ${name} address | | | ${answers} | | | |`] : [];
  });
}

function memberOf({ etcd }: Picture, host: string): string {
  const member = etcd[host];
  if (!member) return '**not heard**';
  if (!member.healthy) return '**unhealthy**';
  return member.leader === host ? 'healthy, leader' : 'healthy';
}

function balancerOf({ balancers }: Picture, host: string): string {
  const view = balancers[host];
  if (!view) return '**not heard**';
  return [
    view.haproxy ? 'haproxy' : '**no haproxy**',
    view.keepalived ? 'keepalived' : '**no keepalived**',
    ...view.holds,
  ].join(', ');
}

function nodeOf({ nodes }: Picture, host: string): string {
  const node = nodes?.[host];
  if (!node) return '';
  return `${node.ready ? 'Ready' : '**NotReady**'}${node.controlPlane ? ', control plane' : ''}`;
}

function candidatesList({ candidates }: FailoverStatus): string {
  const lines = Object.entries(candidates).map(([name, readiness]) => {
    if (!readiness) return `- ${name}: not looked at yet`;
    return `- ${name}: ${readiness.problem ? `**${readiness.why ?? readiness.problem}**` : 'ready'}`;
  });
  return lines.length > 0 ? ['Candidates for a promotion:', '', ...lines].join('\n') : '';
}

function eventLines(events: readonly FailoverEvent[]): readonly string[] {
  const lines = events.toReversed().map(({ at, what }) => `- ${at.slice(0, 19).replace('T', ' ')} ${what}`);
  return lines.length > 0 ? ['#### Events, newest first', ...lines] : [];
}

const distinct = (answers: readonly string[]): string =>
  [...new Set(answers)].map((answer) => (answer === 'ready' ? answer : `**${answer}**`)).join(', ');
