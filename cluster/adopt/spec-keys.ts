import type { Json } from '../cluster.ts';
import { kubesprayVar } from '../kubespray-vars.ts';
import type { Vars } from './inventory.ts';
import { type Remark, blocks, note } from './remarks.ts';

/** Variables that other keys of the spec than `kubespray.vars` say. */
export const saidByKeys: ReadonlySet<string> = new Set([
  'kube_version',
  'kube_pods_subnet',
  'kube_service_addresses',
  'kube_network_plugin',
  'ipv4_stack',
  'ipv6_stack',
  'enable_dual_stack_networks',
  'kube_pods_subnet_ipv6',
  'kube_service_addresses_ipv6',
  'loadbalancer_apiserver',
  'loadbalancer_apiserver_localhost',
  'apiserver_loadbalancer_domain_name',
  'helm_enabled',
  'auto_renew_certificates',
  'force_etcd_cert_refresh',
]);

/** Kubespray's own default where the inventory says nothing, as of v2.31.0 and before. */
const defaults = {
  kube_network_plugin: 'calico',
  kube_pods_subnet: '10.233.64.0/18',
  kube_service_addresses: '10.233.0.0/18',
} as const;

export interface SpecKeys {
  readonly kubernetes: {
    readonly version?: string;
    readonly podCidr: string;
    readonly serviceCidr: string;
    readonly ipv6?: { readonly podCidr?: string; readonly serviceCidr?: string };
    readonly network: string;
  };
  /** The site's own load balancer before the API servers. */
  readonly loadBalancer?: {
    readonly existing: true;
    readonly internal: { readonly address: string; readonly port: number };
  };
}

export function specKeys(vars: Vars): { readonly keys: SpecKeys; readonly remarks: readonly Remark[] } {
  const remarks: Remark[] = [];
  const plain = (name: string): string | undefined => {
    try {
      return kubesprayVar(vars, name);
    } catch {
      remarks.push(
        blocks(`${name} is an expression that Ansible alone can evaluate: write its value yourself`),
      );
      return undefined;
    }
  };
  const version = plain('kube_version')?.replace(/^v/, '');
  const kubernetes = {
    ...(version !== undefined && { version }),
    podCidr: plain('kube_pods_subnet') ?? defaults.kube_pods_subnet,
    serviceCidr: plain('kube_service_addresses') ?? defaults.kube_service_addresses,
    ...dualStack(vars, plain),
    network: plain('kube_network_plugin') ?? defaults.kube_network_plugin,
  };
  const loadBalancer = existing(vars['loadbalancer_apiserver']);
  return {
    keys: { kubernetes, ...(loadBalancer && { loadBalancer }) },
    remarks: [...remarks, ...ofBalancing(vars, loadBalancer), ...ofRest(vars)],
  };
}

/** The networks stand in the spec where they are not Kubespray's own. */
function dualStack(vars: Vars, plain: (name: string) => string | undefined) {
  if (vars['ipv6_stack'] !== true && vars['enable_dual_stack_networks'] !== true) return {};
  const [podCidr, serviceCidr] = [plain('kube_pods_subnet_ipv6'), plain('kube_service_addresses_ipv6')];
  return {
    ipv6: { ...(podCidr !== undefined && { podCidr }), ...(serviceCidr !== undefined && { serviceCidr }) },
  };
}

function existing(value: Json | undefined): SpecKeys['loadBalancer'] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  const { address, port = 6443 } = value as Vars;
  if (typeof address !== 'string') return undefined;
  return { existing: true, internal: { address, port: Number(port) } };
}

function ofBalancing(vars: Vars, loadBalancer: SpecKeys['loadBalancer']): Remark[] {
  const name = vars['apiserver_loadbalancer_domain_name'];
  if (!loadBalancer)
    return [
      ...(vars['loadbalancer_apiserver'] === undefined
        ? []
        : [blocks('loadbalancer_apiserver is no mapping of address and port: write loadBalancer yourself')]),
      note(
        'no load balancer: each node reaches the API servers by the proxy that Kubespray put beside its kubelet, and keeps it. ' +
          'A loadBalancer in the spec would move every kubelet to its address, and take that proxy away',
      ),
    ];
  return [
    note(
      `the load balancer at ${loadBalancer.internal.address} is taken as one of your own, which holdfast does not touch: ` +
        'it must lead to every control-plane node and to every failover candidate, and ask GET /readyz of each (docs/spec.md)',
    ),
    ...(vars['loadbalancer_apiserver_localhost'] === true
      ? [
          note(
            'loadbalancer_apiserver_localhost: nodes reach the API servers at the load balancer instead, and the proxy beside each kubelet goes',
          ),
        ]
      : []),
    ...(typeof name === 'string' && name !== loadBalancer.internal.address
      ? [
          note(
            `${name}: kubeconfigs name the address ${loadBalancer.internal.address} instead, which needs no DNS; the name stays in the certificates`,
          ),
        ]
      : []),
  ];
}

function ofRest(vars: Vars): Remark[] {
  return [
    ...(vars['ipv4_stack'] === false
      ? [
          blocks(
            'ipv4_stack: false: holdfast reaches hosts and the API by IPv4 alone, and cannot take this cluster',
          ),
        ]
      : []),
    ...(vars['helm_enabled'] === true
      ? [
          note(
            'helm_enabled: holdfast puts Helm on the bastion; the one on the control-plane nodes stays, and nobody renews it',
          ),
        ]
      : []),
    ...(vars['auto_renew_certificates'] === false
      ? [note('auto_renew_certificates: holdfast has the control plane renew its certificates each month')]
      : []),
  ];
}
