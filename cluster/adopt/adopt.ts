import type { Json } from '../cluster.ts';
import { singlePointsOf } from '../rules/single-points.ts';
import { buildCluster } from '../spec/build-cluster.ts';
import { draft } from '../spec/draft.ts';
import { whyNotInstalled, releases } from '../versions.ts';
import { adoptHosts, type AdoptedHost } from './hosts.ts';
import type { Inventory, Vars } from './inventory.ts';
import { keptVars } from './kept-vars.ts';
import { type Remark, blocks, note } from './remarks.ts';
import { sharedVars } from './shared-vars.ts';
import { type SpecKeys, specKeys } from './spec-keys.ts';
import type { Ssh } from './ssh.ts';

/** What an inventory does not say. */
export interface Said {
  readonly cluster: string;
  readonly user?: string;
  /** A host beside those of the inventory, which has no bastion of its own. */
  readonly bastion?: { readonly name: string; readonly address: string };
  readonly kubernetesVersion?: string;
  readonly kubesprayVersion?: string;
  readonly backupRecipients: readonly string[];
}

/** A spec file as it will stand there; it may have mistakes still, which `validate` names. */
export interface AdoptedSpec {
  readonly cluster: string;
  readonly ssh: Ssh & { readonly knownHosts: string };
  readonly hosts: readonly AdoptedHost[];
  readonly loadBalancer?: SpecKeys['loadBalancer'];
  readonly kubernetes: SpecKeys['kubernetes'];
  readonly kubespray: {
    readonly version: string;
    readonly vars: Vars;
    readonly acceptLiteralSecrets?: readonly string[];
  };
  readonly backup: { readonly recipients: readonly string[] };
  readonly singlePointsOfFailure: readonly string[];
}

/** The spec of a cluster that Kubespray made by this inventory, and what of it the spec does not say. */
export function adopt(
  inventory: Inventory,
  said: Said,
): { readonly spec: AdoptedSpec; readonly remarks: readonly Remark[] } {
  const { hosts, ssh, remarks: ofHosts } = adoptHosts(inventory);
  const shared = sharedVars(inventory);
  const { keys, remarks: ofKeys } = specKeys(shared.vars);
  const kept = keptVars(withName(shared.vars, keys));
  const { version: listed, ...networks } = keys.kubernetes;
  const running = said.kubernetesVersion ?? listed;
  const kubernetes = { ...(running !== undefined && { version: running }), ...networks };
  const version = kubesprayFor(running, said.kubesprayVersion);
  const spec = {
    cluster: said.cluster,
    ssh: { ...ssh, ...(said.user !== undefined && { user: said.user }), knownHosts: './known_hosts' },
    hosts: [...(said.bastion ? [{ ...said.bastion, roles: ['bastion'] as const }] : []), ...hosts],
    ...(keys.loadBalancer && { loadBalancer: keys.loadBalancer }),
    kubernetes,
    kubespray: {
      version: version.tag,
      vars: kept.vars,
      ...(kept.acceptLiteralSecrets.length > 0 && { acceptLiteralSecrets: kept.acceptLiteralSecrets }),
    },
    backup: { recipients: said.backupRecipients },
    singlePointsOfFailure: [],
  };
  return {
    spec: { ...spec, singlePointsOfFailure: alone(spec) },
    remarks: [...ofHosts, ...ofKeys, ...version.remarks, ...shared.remarks, ...kept.remarks],
  };
}

/** A name by which the API was called stays in the certificates. */
function withName(vars: Vars, { loadBalancer }: SpecKeys): Vars {
  const name = vars['apiserver_loadbalancer_domain_name'];
  const sans = 'supplementary_addresses_in_ssl_keys';
  if (typeof name !== 'string' || !loadBalancer || name === loadBalancer.internal.address) return vars;
  const others = vars[sans];
  return {
    ...vars,
    [sans]: [...new Set([...(Array.isArray(others) ? (others as readonly Json[]) : []), name])],
  };
}

function kubesprayFor(kubernetes: string | undefined, said: string | undefined) {
  const remarks: Remark[] = [];
  if (kubernetes === undefined)
    remarks.push(
      blocks(
        'kube_version is not in the inventory: name what runs (kubectl version) by --kubernetes-version',
      ),
    );
  if (said !== undefined) return { tag: said, remarks };
  const tags = Object.keys(releases);
  const newest = tags.at(-1) as string;
  const tag = tags.findLast(
    (one) => kubernetes !== undefined && whyNotInstalled(one, kubernetes) === undefined,
  );
  remarks.push(
    note(
      `which Kubespray made the cluster is not in the inventory; ${tag ?? newest} is the newest known that installs this Kubernetes. ` +
        '`up` runs its cluster.yml, which brings etcd, containerd and the add-ons to that release’s versions: name the one that was used (kubespray.version) to change nothing',
    ),
  );
  return { tag: tag ?? newest, remarks };
}

/** What the cluster has no second of, by holdfast's rules. */
function alone(spec: unknown): readonly string[] {
  const cluster = buildCluster(draft(spec).spec, (path) => path);
  return singlePointsOf(cluster).map(({ component }) => component);
}
