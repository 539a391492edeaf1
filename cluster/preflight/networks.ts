import type { Cluster } from '../cluster.ts';
import type { HostFacts, Problem } from '../facts.ts';
import { overlap } from '../networks.ts';

/** Interfaces that Kubernetes itself makes: on a second run pods' networks are there, as they should be. */
const ofKubernetes = /^(cni|flannel|cali|vxlan\.calico|tunl|cilium|lxc|kube-|nodelocaldns|veth)/;

/** A real network of a host that the pods' or services' network would hide. */
export function networkProblems({ kubernetes }: Cluster, facts: readonly HostFacts[]): Problem[] {
  const networks = [
    ['kubernetes.podCidr', kubernetes.podCidr],
    ['kubernetes.serviceCidr', kubernetes.serviceCidr],
  ] as const;
  return facts.flatMap((own) =>
    own.addresses
      .filter(({ interface: device }) => !ofKubernetes.test(device))
      .flatMap(({ cidr, interface: device }) =>
        networks
          .filter(([, network]) => overlap(cidr, network))
          .map(([key, network]) => ({
            host: own.host,
            step: 'check-identity',
            message: `its network ${cidr} (${device}) overlaps ${key} ${network}`,
            cure: `Choose another ${key}: once the cluster runs it cannot be changed.`,
          })),
      ),
  );
}
