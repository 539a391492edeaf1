import { colors } from '../colors.ts';
import type { AddressName, ApiAnswer, Picture, View } from '../../cluster/failover/picture.ts';

/** Who holds which address and whether the API answers there, etcd's leader, who has a lease: a line each. */
export function seenOfAll(picture: Picture): readonly string[] {
  return [
    ...(['internal', 'external'] as const).flatMap((name) => addressLine(picture, name)),
    ...etcdLines(picture),
    ...(picture.nodes === null ? [colors.yellow('nodes: the API did not tell')] : []),
    ...(picture.nfs === null ? [colors.yellow('NFS: not seen')] : []),
    ...(picture.nfs === false ? [colors.red('NFS: the server does not answer')] : []),
  ];
}

/** A line a host, what all vantage points see of it summed: "ssh 3/3, api ready". */
export function seenOfHosts(picture: Picture, first: readonly string[]): readonly string[] {
  const hosts = hostsOf(picture, first);
  const width = Math.max(0, ...hosts.map((host) => host.length));
  return hosts.map((host) => `${host.padEnd(width)}  ${seenOf(picture, host).join(', ') || 'not seen'}`);
}

function seenOf(picture: Picture, host: string): readonly string[] {
  const views = viewsOf(picture);
  return [
    ...vantagePoint(picture, host),
    ...ssh(views.flatMap(({ ssh }) => ssh[host] ?? [])),
    ...api(views.flatMap(({ api }) => api[host] ?? [])),
    ...etcd(picture.etcd[host], host),
    ...balancer(picture, host),
    ...node(picture, host),
  ];
}

function vantagePoint({ vantagePoints, balancers }: Picture, host: string): string[] {
  if (vantagePoints[host] === null) return [colors.red('not heard from')];
  // A load balancer says more than that it looks.
  return host in vantagePoints && !(host in balancers) ? ['heard from'] : [];
}

function ssh(answers: readonly boolean[]): string[] {
  if (answers.length === 0) return [];
  const greets = answers.filter(Boolean).length;
  const text = `ssh ${greets}/${answers.length}`;
  return [greets === answers.length ? text : greets === 0 ? colors.red(text) : colors.yellow(text)];
}

function api(answers: readonly ApiAnswer[]): string[] {
  return answers.length === 0 ? [] : [`api ${tally(answers)}`];
}

function etcd(view: Picture['etcd'][string] | undefined, host: string): string[] {
  if (view === undefined) return [];
  if (view === null) return [colors.red('etcd not heard from')];
  const health = view.healthy ? 'etcd healthy' : colors.red('etcd unhealthy');
  return [view.leader === host ? `${health}, leader` : health];
}

function balancer({ balancers, vantagePoints }: Picture, host: string): string[] {
  const view = balancers[host];
  if (view === undefined) return [];
  // Both come over the same connection: said once is enough.
  if (view === null) return vantagePoints[host] === null ? [] : [colors.red('haproxy not heard from')];
  return [
    view.haproxy ? 'haproxy' : colors.red('haproxy down'),
    view.keepalived ? 'keepalived' : colors.red('keepalived down'),
    ...(view.holds.length > 0 ? [`holds ${view.holds.join(', ')}`] : []),
  ];
}

function node({ nodes }: Picture, host: string): string[] {
  const view = nodes?.[host];
  if (!view) return [];
  return [view.ready ? 'Ready' : colors.red('NotReady')];
}

function addressLine(picture: Picture, name: AddressName): string[] {
  const holders = Object.entries(picture.balancers).flatMap(([host, view]) =>
    view?.holds.includes(name) ? [host] : [],
  );
  const answers = viewsOf(picture).flatMap(({ addresses }) => addresses[name] ?? []);
  if (holders.length === 0 && answers.length === 0 && Object.keys(picture.balancers).length === 0) return [];
  // Of a load balancer that is not holdfast's nobody tells who holds it.
  if (Object.keys(picture.balancers).length === 0) {
    const line = `address ${name}: API ${tally(answers)}`;
    return [answers.every((answer) => answer === 'ready') ? line : colors.yellow(line)];
  }
  const held = holders.length > 0 ? `held by ${holders.join(' and ')}` : 'held by nobody that is heard';
  const line = [`address ${name}: ${held}`, ...(answers.length > 0 ? [`API ${tally(answers)}`] : [])].join(
    ', ',
  );
  return [holders.length === 1 ? line : colors.yellow(line)];
}

function etcdLines({ etcd }: Picture): string[] {
  const all = Object.values(etcd);
  if (all.length === 0) return [];
  const heard = all.filter((view) => view !== null);
  const healthy = heard.filter((view) => view.healthy).length;
  const leaders = heard.map(({ leader }) => leader || 'none');
  const leases = new Set(heard.flatMap((view) => view.leases ?? []));
  const read = heard.some((view) => view.leases !== null);
  return [
    `etcd: ${healthy} of ${all.length} healthy, leader ${leaders.length > 0 ? tally(leaders) : 'not known'}`,
    `API servers with a lease in etcd: ${read ? [...leases].sort().join(', ') || 'none' : 'not read'}`,
  ];
}

/** "ready" where all say so, else "ready 2/3, silent 1/3". */
function tally(answers: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const answer of answers) counts.set(answer, (counts.get(answer) ?? 0) + 1);
  const sorted = [...counts].sort(([, a], [, b]) => b - a);
  if (sorted.length === 1) return sorted[0]?.[0] ?? '';
  return sorted.map(([answer, count]) => `${answer} ${count}/${answers.length}`).join(', ');
}

const viewsOf = ({ vantagePoints }: Picture): readonly View[] =>
  Object.values(vantagePoints).filter((view) => view !== null);

/** Who looks, then `first`, then etcd, then the rest. */
function hostsOf(picture: Picture, first: readonly string[]): readonly string[] {
  const { vantagePoints, balancers, etcd, nodes } = picture;
  const views = viewsOf(picture);
  const keys = [vantagePoints, balancers, etcd].map((part) => Object.keys(part));
  return [
    ...new Set([
      ...(keys[0] ?? []),
      ...(keys[1] ?? []),
      ...(keys[2] ?? []),
      ...first,
      ...Object.keys(nodes ?? {}),
      ...views.flatMap(({ ssh, api }) => [...Object.keys(ssh), ...Object.keys(api)]),
    ]),
  ];
}
