import type { Cluster } from '../cluster.ts';
import type { HostFacts, Problem } from '../facts.ts';
import { overlap, overlap6 } from '../networks.ts';

/** Interfaces that Kubernetes itself makes: on a second run pods' networks are there, as they should be. */
const ofKubernetes = /^(cni|flannel|cali|vxlan\.calico|tunl|cilium|lxc|kube-|nodelocaldns|veth)/;

/** A real network of a host that the pods' or services' network would hide. */
export function networkProblems({ kubernetes }: Cluster, facts: readonly HostFacts[]): Problem[] {
  const { podCidr, serviceCidr, ipv6 } = kubernetes;
  const networks = [
    { key: 'kubernetes.podCidr', network: podCidr, family: 4 },
    { key: 'kubernetes.serviceCidr', network: serviceCidr, family: 4 },
    ...(ipv6
      ? [
          { key: 'kubernetes.ipv6.podCidr', network: ipv6.podCidr, family: 6 },
          { key: 'kubernetes.ipv6.serviceCidr', network: ipv6.serviceCidr, family: 6 },
        ]
      : []),
  ];
  return facts.flatMap((own) =>
    networks.flatMap(({ key, network, family }) =>
      (family === 4 ? own.addresses : (own.addresses6 ?? []))
        .filter(({ interface: device }) => !ofKubernetes.test(device))
        .filter(({ cidr }) => (family === 4 ? overlap(cidr, network) : overlap6(cidr, network)))
        .map(({ cidr, interface: device }) => ({
          host: own.host,
          step: 'check-identity',
          message: `its network ${cidr} (${device}) overlaps ${key} ${network}`,
          cure: `Choose another ${key}: once the cluster runs it cannot be changed.`,
        })),
    ),
  );
}
