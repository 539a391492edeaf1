import { type RestoreChoice, type RestoreLook, ago } from '../../cluster/restore/offer.ts';

/** The offer as lines: what there is, with revision and age; what would be taken; and on which hosts. */
export function offerText(
  cluster: string,
  look: RestoreLook,
  choice: RestoreChoice | undefined,
): readonly string[] {
  const without = look.members.filter(({ problem }) => problem !== undefined);
  const silent = look.apiServers.filter(({ problem }) => problem !== undefined);
  return [
    `${cluster}: etcd can be restored from`,
    ...look.sources.map(({ name, kind, revision, at, hosts, problem }) =>
      [
        name === choice?.source.name ? '→' : ' ',
        kind === 'backup' ? 'backup' : 'data of',
        name,
        `(revision ${revision ?? 'unknown'}, ${ago(look.at - at)} old, on ${hosts.join(', ')})`,
        ...(problem === undefined ? [] : [`✘ ${problem}`]),
      ].join(' '),
    ),
    ...(look.sources.length === 0 ? ['  nothing was found'] : []),
    ...(look.serving === undefined ? [] : [`etcd takes writes now, at revision ${look.serving}.`]),
    ...(choice
      ? [`on ${choice.members.map(({ host }) => host).join(', ')}; each one’s own data is kept beside.`]
      : []),
    ...without.map(
      ({ host, problem }) => `without ${host}: ${problem}. Do not let it come back with its old data.`,
    ),
    ...silent.map(
      ({ host, problem }) => `the API server of ${host} is not stopped: ${problem}. See that it is off.`,
    ),
  ];
}
