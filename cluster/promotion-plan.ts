import { hostsWithRole } from './cluster.ts';
import type { Cluster, ClusterHost } from './cluster.ts';
import type { Promotion } from './failover/promotion-request.ts';
import { apiServer, candidateHosts, firstBastion, namesOf } from './hosts-of.ts';
import { addressesOf, held, ownAddress, reached } from './host-addresses.ts';
import { contains } from './networks.ts';
import { backupPlaceNames } from './plan-inputs.ts';
import type { Phase, Plan } from './plan-types.ts';
import { optional, step, without } from './plan-step.ts';
import { noWay, promotionLine } from './promotion.ts';

/**
 * What happens when a worker node becomes a control-plane node. Up to the end of `control-plane` every second is one
 * in which the API may be silent; what can wait comes after it.
 */
export function promotionPlan(cluster: Cluster, promotion: Promotion): Plan {
  const parts = partsOf(cluster, promotion);
  return {
    cluster: cluster.name,
    targets: Object.fromEntries(cluster.hosts.map((host) => [host.name, host.ssh])),
    bastion: parts.bastion,
    promotion: promotionLine(cluster),
    phases: [check(parts), restore(parts), controlPlane(parts), tidy(parts), verify(parts)],
  };
}

interface Parts {
  readonly cluster: Cluster;
  readonly promotion: Promotion;
  readonly bastion: string;
  readonly candidate: ClusterHost;
  readonly etcd: readonly string[];
  /** Control-plane nodes once it is done: the promoted one first, then those that are not lost. */
  readonly serving: readonly string[];
}

function partsOf(cluster: Cluster, promotion: Promotion): Parts {
  const candidate = cluster.hosts.find(({ name }) => name === promotion.candidate);
  if (!candidate?.roles.includes('worker'))
    throw new TypeError(`${promotion.candidate} is no worker node of ${cluster.name}`);
  if (!cluster.loadBalancer) throw new TypeError(noWay);
  const living = promotion.controlPlane.filter((name) => !promotion.lost.includes(name));
  return {
    cluster,
    promotion,
    bastion: firstBastion(cluster).name,
    candidate,
    etcd: namesOf(hostsWithRole(cluster, 'etcd')),
    serving: [candidate.name, ...without(living, candidate.name)],
  };
}

/** Nothing is changed before all of it has passed, but for the name without which each sudo would wait for a dead DNS. */
function check({ cluster, bastion, candidate, etcd }: Parts): Phase {
  const { name } = candidate;
  const { kubernetes } = cluster;
  return {
    id: 'check',
    after: [],
    order: 'in-order-per-host',
    steps: [
      step('resolve-own-name', 'Let the host know its own name', name, {}),
      step('check-candidate', 'Check the candidate', name, { kubernetes }),
      step('check-etcd-quorum', 'Check etcd’s quorum', bastion, { etcd }, without(etcd, bastion)),
    ],
  };
}

function restore({ cluster, promotion, bastion, candidate, etcd }: Parts): Phase {
  const { name } = candidate;
  const { kubernetes } = cluster;
  const more = addressesOf(candidate).filter((address) => address !== ownAddress(candidate));
  const places = backupPlaceNames(cluster);
  const { controlPlane } = promotion;
  return {
    id: 'restore',
    after: ['check'],
    order: 'at-once',
    steps: [
      // For a person to go back to: a promotion writes to etcd no more than any API server does.
      optional(step('snapshot-etcd', 'Keep a snapshot of etcd', bastion, { etcd }, without(etcd, bastion))),
      step(
        'restore-pki',
        'Restore the PKI',
        name,
        { candidate: { ...held(candidate), ...(more.length > 0 && { others: more }) }, kubernetes, places },
        without(places, name),
      ),
      step(
        'issue-etcd-client',
        'Issue the etcd client certificate',
        name,
        { etcd, controlPlane },
        without(etcd, name),
      ),
    ],
  };
}

function controlPlane({ cluster, bastion, candidate }: Parts): Phase {
  const { name } = candidate;
  const { kubernetes } = cluster;
  return {
    id: 'control-plane',
    after: ['restore'],
    order: 'in-order',
    steps: [
      step('start-control-plane', 'Start the control plane', name, { kubernetes }),
      step('check-api-server', 'Wait for the API server', name, {
        server: `https://${ownAddress(candidate)}:6443`,
      }),
      step('check-api-server', 'Wait for it behind the internal address', bastion, {
        server: apiServer(cluster),
        ...(cluster.loadBalancer?.existing && { backend: reached(candidate) }),
      }),
    ],
  };
}

/** Renews what the lost ones left behind. CoreDNS is spread last: it waits for the scheduler. */
function tidy({ cluster, promotion, bastion, candidate, serving }: Parts): Phase {
  const { name } = candidate;
  const { kubernetes, backup } = cluster;
  const { keep, recipients, alsoTo } = backup;
  const server = apiServer(cluster);
  const workerNodes = namesOf(hostsWithRole(cluster, 'worker'));
  const others = candidateHosts(cluster).filter((other) => other !== candidate);
  return {
    id: 'tidy',
    after: ['control-plane'],
    order: 'in-order-per-host',
    steps: [
      step('remove-lost-nodes', 'Remove the lost nodes', bastion, { lost: promotion.lost }),
      step('label-promoted-node', 'Label the promoted node', bastion, { node: name }),
      step(
        'backup-pki',
        'Back up the PKI, encrypted',
        bastion,
        { controlPlane: serving, keep, recipients, alsoTo },
        without([...serving, ...alsoTo], bastion),
      ),
      optional(
        step('spread-dns', 'Spread CoreDNS over hosts', bastion, { controlPlane: serving, workerNodes }),
      ),
      step('upload-kubeadm-config', 'Upload kubeadm’s configuration', name, { bastion, server }, [bastion]),
      step('copy-kubectl', 'Copy kubectl to the promoted node', name, { bastion }, [bastion]),
      ...others.map((other) =>
        optional(
          step(
            'warm-candidates',
            'Keep control-plane images ready',
            other.name,
            { kubernetes, controlPlane: serving },
            without(serving, other.name),
          ),
        ),
      ),
    ],
  };
}

function verify({ cluster, bastion, candidate }: Parts): Phase {
  return {
    id: 'verify',
    after: ['tidy'],
    order: 'at-once',
    steps: [
      step('check-writes', 'Check that writes are taken and kept', bastion, {
        addresses: apiAddresses(cluster),
      }),
      step(
        'check-dns',
        'Check DNS in the cluster',
        bastion,
        // That it answers is what counts, and from here: other worker nodes may be lost too, and a replica on one of
        // them gets its new place when Kubernetes evicts it, minutes later.
        { minimumHosts: 1 },
        without([candidate.name], bastion),
      ),
    ],
  };
}

/** Where the bastion reaches the API: the external address only where it is offered to it. */
function apiAddresses(cluster: Cluster): readonly string[] {
  const { internal, external } = cluster.loadBalancer ?? {};
  const own = ownAddress(firstBastion(cluster));
  const offered = external?.apiAllow.some((cidr) => contains(cidr, own)) ?? false;
  return [
    ...(internal ? [`${internal.address}:${internal.port}`] : []),
    ...(offered && external?.apiPort !== undefined ? [`${external.address}:${external.apiPort}`] : []),
  ];
}
