import { dump } from 'js-yaml';
import type { Answers } from './answers.ts';

/** A spec file as a person would write it: with the reasons beside the values. */
export function renderSpec(answers: Answers): string {
  return [
    head(answers),
    hosts(answers),
    addresses(answers),
    kubernetes(),
    storage(answers),
    backup(answers),
    rules(answers),
  ].join('\n');
}

function head(answers: Answers): string {
  const identity =
    answers.identityFile === undefined ? '' : `, identityFile: ${scalar(answers.identityFile)}`;
  return `# What every key means: docs/spec.md; for editors: holdfast schema
cluster: ${scalar(answers.cluster)}
# Paths are on the machine where the Temporal worker runs. \`holdfast trust\` fills knownHosts.
ssh: { user: ${scalar(answers.user)}${identity}, knownHosts: ./known_hosts }
`;
}

function hosts(answers: Answers): string {
  const rows = [
    ...row('bastion', [answers.bastion], 'bastion'),
    ...row('lb', answers.loadBalancers, 'load-balancer'),
    ...row('etcd', answers.etcd, 'etcd'),
    ...row('master', answers.controlPlane, 'control-plane'),
    ...row('worker', answers.workers, 'worker'),
  ];
  return `# The names become the hosts' names in Kubernetes. Every connection goes through the bastion.\nhosts:\n${rows.join('\n')}\n`;
}

function row(prefix: string, list: readonly string[], role: string): string[] {
  return list.map(
    (address, i) => `  - { name: ${prefix}-${i + 1}, address: ${scalar(address)}, roles: [${role}] }`,
  );
}

function addresses(answers: Answers): string {
  const external = answers.externalAddress
    ? `  # Traffic from outside, carried to NodePorts on all worker nodes. The API is not there, unless apiPort and apiAllow say so.
  external: { address: ${scalar(answers.externalAddress)}, forward: [{ port: 443, nodePort: 30443 }] }\n`
    : '';
  return `# Free addresses in the load balancers' subnet: each load balancer carries one and stands in for the other.
loadBalancer:
  internal: { address: ${scalar(answers.internalAddress)}, port: 6443 }
${external}`;
}

function kubernetes(): string {
  return `# The ranges must not overlap with each other or with any network of yours; they cannot be changed later.
kubernetes: { version: 1.34.4, podCidr: 10.233.64.0/18, serviceCidr: 10.233.0.0/18, network: flannel }
kubespray: { version: v2.31.0, source: https://github.com/kubernetes-sigs/kubespray }
helm: { version: 3 }
`;
}

function storage(answers: Answers): string {
  if (!answers.nfsServer) return '';
  const path = scalar(answers.nfsPath ?? '/srv/nfs');
  return `storage: { nfs: { server: ${scalar(answers.nfsServer)}, path: ${path}, storageClass: managed-nfs-storage, default: true } }\n`;
}

function backup(answers: Answers): string {
  return `# Who can open the backups. The private keys that \`age-keygen\` made with these stay off the cluster, in two safe places.
backup: { every: 6h, keep: 28, recipients: [${answers.backupRecipient.map(scalar).join(', ')}] }
`;
}

function rules(answers: Answers): string {
  const accepted = answers.nfsServer ? 'bastion, nfs' : 'bastion';
  return `# Which worker nodes may become a control plane when every master is lost: all, in file order, unless \`candidates\` names some.
failover: { mode: automatic, confirmFor: 10s }
# What may be lost without a second, accepted in writing.
singlePointsOfFailure: [${accepted}]
`;
}

function scalar(value: string): string {
  return dump(value, { flowLevel: 0 }).trimEnd();
}
