import type { Cluster } from '../cluster/cluster.ts';
import { addressesOf } from '../cluster/host-addresses.ts';
import { lastApplied } from './applied.ts';
import { inputOf, newestChange } from './change.ts';
import { clusters } from './cluster-argument.ts';
import type { Temporal } from './connect.ts';
import { BadInput } from './exit.ts';

/** A cluster under another name is another cluster: it must not be made on hosts of the first. */
export async function refuseTakenHosts(temporal: Temporal, spec: Cluster): Promise<void> {
  const taken = await takenHosts(temporal, spec);
  if (taken.length === 0) return;
  throw new BadInput(
    `${spec.name}: ${taken.length} of its hosts belong to another cluster; nothing was started:\n` +
      `${taken.map((host) => `  ${host}`).join('\n')}\n` +
      'A cluster keeps its name; no verb renames one. Were the hosts themselves made anew? Then: holdfast up --new-hosts SPEC',
  );
}

/** Hosts of this spec that belong to another cluster already, as `name (address) of cluster`. */
export async function takenHosts(temporal: Temporal, spec: Cluster): Promise<readonly string[]> {
  const others = (await clusters(temporal)).filter((name) => name !== spec.name);
  const specs = await Promise.all(others.map((name) => specsOf(temporal, name)));
  return [...new Set(specs.flat().flatMap((other) => sharedHosts(other, spec)))];
}

/** An open change may bring hosts into its cluster that the record does not name yet. */
async function specsOf(temporal: Temporal, cluster: string): Promise<readonly Cluster[]> {
  const newest = await newestChange(temporal, cluster);
  const opening = newest?.open ? (await inputOf(temporal, newest))?.spec : undefined;
  return [await lastApplied(temporal, cluster), opening].filter((spec) => spec !== undefined);
}

/**
 * Private addresses mean the same machine only behind the same bastion. A bastion itself may serve several clusters.
 */
export function sharedHosts(other: Cluster, spec: Cluster): readonly string[] {
  const behind = (cluster: Cluster) =>
    new Map(
      cluster.hosts
        .filter(({ ssh }) => ssh.via)
        .flatMap((host) =>
          addressesOf(host).map(
            (one) => [`${host.ssh.via?.address}:${host.ssh.via?.port} ${one}`, host] as const,
          ),
        ),
    );
  const mine = behind(spec);
  const taken = [...behind(other)].filter(([key]) => mine.has(key)).map(([, host]) => host);
  return [...new Set(taken)].map(({ name, ssh }) => `${name} (${ssh.address}) of ${other.name}`);
}
