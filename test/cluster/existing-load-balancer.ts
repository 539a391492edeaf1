/* eslint-disable @typescript-eslint/no-unsafe-member-access, @typescript-eslint/no-unsafe-call, @typescript-eslint/no-unsafe-assignment -- edits write what no type allows */
import type { Cluster } from '../../cluster/cluster.ts';
import { edited } from './edited.ts';
import type { LooseSpec } from './edited.ts';
import { clusterOf } from './example.ts';

/** The twelve hosts without their load balancers: other machines carry the internal address. */
export function besideExistingText(edit: (spec: LooseSpec) => void = () => undefined): string {
  return edited((spec) => {
    spec.hosts = spec.hosts.filter((host: LooseSpec) => !host.name.startsWith('lb-'));
    spec.loadBalancer = {
      existing: true,
      replicated: true,
      internal: { address: '172.16.0.10', port: 8443 },
    };
    edit(spec);
  });
}

export const besideExisting = (edit?: (spec: LooseSpec) => void): Cluster =>
  clusterOf(besideExistingText(edit));
