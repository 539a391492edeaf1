import fc from 'fast-check';
import type { Cluster } from '../../../cluster/cluster.ts';
import { apiServerHosts, namesOf } from '../../../cluster/hosts-of.ts';
import { hostsWithRole } from '../../../cluster/cluster.ts';
import type { RestoreLook, RestoreMember, RestoreSource } from '../../../cluster/restore/offer.ts';

export const noon = Date.parse('2026-11-25T12:00:00Z');
export const minutes = (n: number): number => n * 60_000;

/** What etcd-2 still holds: the newest of the three. */
export const ofMember: RestoreSource = {
  ...{ name: 'etcd-2', kind: 'member', hosts: ['etcd-2'] },
  ...{ revision: 4711, at: noon - minutes(3) },
};
export const backup: RestoreSource = {
  ...{ name: 'etcd-20261125T060000Z.db.gz.age', kind: 'backup', hosts: ['bastion-1', 'worker-3'] },
  ...{ revision: 4000, at: noon - minutes(360) },
};
export const broken: RestoreSource = {
  ...{ name: 'etcd-3', kind: 'member', hosts: ['etcd-3'], at: noon - minutes(2) },
  problem: 'its database cannot be read: invalid database',
};

/** Nobody knows its revision yet. */
export const unopened = ({ name, kind, hosts, at }: RestoreSource): RestoreSource => ({
  name,
  kind,
  hosts,
  at,
});

export const memberOf = (host: string): RestoreMember => ({
  host,
  name: host,
  peer: `https://${host}:2380`,
});

/** Everybody answers; whoever is named in `silent` does not. */
export function lookAt(cluster: Cluster, silent: readonly string[] = []): RestoreLook {
  const problem = (host: string) => (silent.includes(host) ? { problem: `${host} does not answer` } : {});
  return {
    at: noon,
    sources: [ofMember, backup, broken],
    members: namesOf(hostsWithRole(cluster, 'etcd')).map((host) =>
      silent.includes(host) ? { host, ...problem(host) } : memberOf(host),
    ),
    apiServers: namesOf(apiServerHosts(cluster)).map((host) => ({
      host,
      proxy: !silent.includes(host),
      ...problem(host),
    })),
  };
}

/** Names differ, as files and hosts do. Where one revision is above another, it may all the same be older by the clock. */
export const someSources: fc.Arbitrary<readonly RestoreSource[]> = fc.uniqueArray(
  fc.record(
    {
      name: fc.integer({ min: 1, max: 40 }).map((n) => `etcd-${n}.db.gz.age`),
      kind: fc.constantFrom('backup', 'member'),
      hosts: fc.constant(['bastion-1']),
      at: fc.integer({ min: 1, max: 9 }).map((n) => noon - minutes(n)),
      revision: fc.integer({ min: 1, max: 9 }),
      problem: fc.constant('it is not whole'),
    },
    { requiredKeys: ['name', 'kind', 'hosts', 'at'] },
  ),
  { selector: ({ name }) => name, maxLength: 20 },
);
