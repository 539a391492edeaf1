import type { Cluster } from '../../cluster/cluster.ts';
import type { HostChange } from '../../cluster/host-changes.ts';
import { lastApplied } from '../applied.ts';
import { linkOf } from '../change.ts';
import type { ChangeRun } from '../change.ts';
import { connect } from '../connect.ts';
import type { Temporal } from '../connect.ts';
import { BadInput } from '../exit.ts';
import { follow } from '../follow.ts';
import { refuseForgottenPromotion } from '../promoted-hosts.ts';
import { readSpec } from '../read-spec.ts';
import { refuseWhileOpen } from '../start-change.ts';

export interface HostsAsked {
  /** As it is to be. */
  readonly spec: Cluster;
  /** As applied last. */
  readonly last: Cluster;
  readonly hosts: readonly string[];
}

/** Reads the spec, refuses what is more than hosts that come or go, and starts what `start` says. */
export async function changeOfHosts(
  file: string,
  judge: (last: Cluster, next: Cluster) => HostChange,
  start: (temporal: Temporal, asked: HostsAsked) => Promise<ChangeRun>,
  detach = false,
): Promise<void> {
  const spec = await readSpec(file);
  const temporal = await connect();
  try {
    await refuseWhileOpen(temporal, spec.name);
    await refuseForgottenPromotion(temporal, spec);
    const last = await lastApplied(temporal, spec.name);
    if (!last) throw new BadInput(`${spec.name}: nothing was applied yet: holdfast up ${file}`);
    const judged = judge(last, spec);
    if ('why' in judged) throw new BadInput(`${spec.name}: ${judged.why}; nothing was started`);
    const run = await start(temporal, { spec, last, hosts: judged.hosts });
    console.log(`${spec.name}: ${linkOf(temporal, run)}`);
    if (!detach) process.exitCode = await follow(temporal, run);
  } finally {
    await temporal.close();
  }
}
