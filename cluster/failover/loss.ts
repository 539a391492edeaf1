import type { NamedHost } from './decision.ts';
import type { Condition } from './holds.ts';
import type { Scene } from './scene.ts';
import { isSilent } from './sight.ts';

/** The silence of one control-plane node, which makes a loss of it once etcd agrees. */
export interface Loss extends Condition {
  readonly host: string;
  /** Asked at the same time, etcd holds no lease of its API server. */
  readonly isLost: boolean;
}

/**
 * A control-plane node is lost when a majority of all vantage points finds it silent and etcd, asked at the same time,
 * holds no lease of its API server. Either alone may be the network's fault: a vantage point can be cut off from the
 * masters and an API server from etcd, but a master that neither reaches nor is reached serves nobody.
 *
 * Only the silence has to last: a lease that is gone says by itself that it was not renewed for 15 s.
 */
export function losses(scene: Scene): Loss[] {
  return scene.situation.controlPlane.map((host) => lossOf(scene, host));
}

/** The same of the candidate that is being promoted; none where no promotion is open. */
export function candidateLosses(scene: Scene): Loss[] {
  const { promoting } = scene.situation;
  return promoting ? [lossOf(scene, promoting)] : [];
}

function lossOf(scene: Scene, host: NamedHost): Loss {
  return {
    name: `silent:${host.name}`,
    host: host.name,
    is: isSilent(scene.sight, host.name),
    isLost: isLost(scene, host),
    after: scene.situation.policy.confirmForMs,
  };
}

export function isLost({ sight, leases }: Scene, { name, address }: NamedHost): boolean {
  return isSilent(sight, name) && leases !== undefined && !leases.has(address);
}
