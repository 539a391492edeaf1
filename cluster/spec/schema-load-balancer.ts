import { address, cidr, port } from './values.ts';
import { flag, list, mapping, whole } from './wanted.ts';

const routerId = () => whole(1, 255, 'a VRRP router id').optional();

const internal = mapping({
  address: address().describe(
    'Virtual address between control plane and nodes. In the subnet of the load balancers, held by no host.',
  ),
  port: port().default(6443).describe('Port of the API on the internal address.'),
  routerId: routerId().describe(
    'VRRP router id, unique in the subnet. Default: derived from the cluster’s name and the address.',
  ),
});

const forward = mapping({
  port: port().describe('Port on the external address.'),
  nodePort: whole(30000, 32767, 'a node port').describe('The node port it leads to on every worker node.'),
  proxyProtocol: flag()
    .default(false)
    .describe(
      'Tells what listens there the client’s own address, by the PROXY protocol (v2), which it must be set to expect.',
    ),
});

const external = mapping({
  address: address().describe('Virtual address for traffic from outside.'),
  routerId: routerId().describe('VRRP router id. Default: derived from the cluster’s name and the address.'),
  forward: list(forward, 'mappings of port and nodePort')
    .default([])
    .describe('Ports of the external address that lead to node ports of the worker nodes.'),
  apiPort: port()
    .optional()
    .describe('Offers the API on the external address too, at this port. Only together with apiAllow.'),
  apiAllow: list(cidr(), 'networks').default([]).describe('Who may reach apiPort.'),
});

const keys = mapping({
  existing: flag()
    .default(false)
    .describe(
      'A load balancer of your own carries the internal address: it is used, and never touched. No host has the role then.',
    ),
  replicated: flag()
    .default(false)
    .describe('Your word that more than one machine stands behind that address. Only with `existing`.'),
  internal: internal.describe('The address by which nodes and control plane reach the API.'),
  external: external.optional().describe('The address for traffic from outside.'),
  prefixLength: whole(8, 30, 'a prefix length')
    .optional()
    .describe('Prefix length of the load balancers’ subnet; preflight compares it with theirs. Default: 24.'),
});

const ofKeepalived = 'is for keepalived, which does not run where a load balancer exists';

/** What says how holdfast's own load balancers are set up says nothing of one that exists. */
export const loadBalancerSchema = keys.superRefine((given, context) => {
  const mistake = (path: string[], message: string) => context.addIssue({ code: 'custom', path, message });
  if (!given.existing) {
    if (given.replicated)
      mistake(['replicated'], 'is said of a load balancer of your own; wanted: existing: true beside it');
    return;
  }
  if (given.external !== undefined)
    mistake(
      ['external'],
      'what comes from outside is the business of the load balancer that exists; wanted: internal alone beside existing: true',
    );
  if (given.internal.routerId !== undefined)
    mistake(['internal', 'routerId'], `${ofKeepalived}; wanted: address and port alone`);
  if (given.prefixLength !== undefined)
    mistake(['prefixLength'], `${ofKeepalived}; wanted: internal alone beside existing: true`);
});
