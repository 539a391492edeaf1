import type { Cluster } from './cluster.ts';
import type { HealPart } from './failover/decision.ts';
import { firstBastion, ownLoadBalancer } from './hosts-of.ts';
import { step } from './plan-step.ts';
import type { Step } from './plan-types.ts';

/** What heals this part of this host, one of a control plane of these: a step as any other, outside of every plan. */
export function healStep(
  cluster: Cluster,
  part: HealPart,
  host: string,
  controlPlane: readonly string[],
): Step {
  switch (part) {
    case 'api-server':
      return step('heal-api-server', 'Heal the API server', host, {});
    case 'etcd':
      return step('heal-etcd', 'Heal etcd', host, {});
    case 'load-balancer': {
      const loadBalancer = ownLoadBalancer(cluster);
      if (!loadBalancer) throw new TypeError(`${cluster.name} has no load balancer of its own`);
      return step('heal-load-balancer', 'Heal the load balancer', host, { loadBalancer });
    }
    case 'kubelet':
      return step('restart-kubelet', 'Restart the kubelet', host, {});
    case 'node-marks': {
      // Masters that return do so together: the step looks at all at once, and marks those that lack it.
      const nodes = cluster.hosts.filter(({ name }) => controlPlane.includes(name));
      return step('mark-control-plane', 'Mark control-plane nodes', firstBastion(cluster).name, {
        nodes: nodes.map(({ name, roles, labels }) => ({ name, taint: !roles.includes('worker'), labels })),
      });
    }
  }
}
