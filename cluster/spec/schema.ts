import { z } from 'zod';
import { tillerImage } from '../render/tiller.ts';
import { components } from '../rules/components.ts';
import { hostSchema, sshSchema } from './schema-hosts.ts';
import { kubernetesSchema, kubespraySchema } from './schema-kubernetes.ts';
import { loadBalancerSchema } from './schema-load-balancer.ts';
import { ageRecipient } from './age-recipient.ts';
import { duration, name, path } from './values.ts';
import { flag, list, mapping, oneOf, text, wanted, whole } from './wanted.ts';

const nfs = mapping({
  server: text(/^[a-z0-9.-]{1,253}$/, 'an IPv4 address, or the name of a host with role nfs-server').describe(
    'Address of an existing NFS server, or the name of a host with role nfs-server.',
  ),
  path: text(/^\/[^\0\n\s"'\\]*$/, 'an absolute path without blanks, such as /exported/path').describe(
    'The exported path.',
  ),
  storageClass: text(/^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/, 'a name such as managed-nfs-storage')
    .default('managed-nfs-storage')
    .describe('Name of the StorageClass.'),
  default: flag().default(false).describe('Makes it the cluster’s default StorageClass.'),
  archiveOnDelete: flag()
    .default(true)
    .describe(
      'Keeps the data of a deleted claim under another name. False deletes a database with its claim.',
    ),
  replicated: flag()
    .default(false)
    .describe(
      'Your word that more than one machine stands behind the server’s address. Not for a host of this spec.',
    ),
  chart: mapping({
    source: path('./nfs-provisioner-4.0.18.tgz').optional().describe('Path or URL of a chart archive.'),
    version: text(/^[\w.+-]{1,64}$/, 'a version such as 4.0.18')
      .optional()
      .describe('Version of the chart.'),
    sha256: text(/^[0-9a-f]{64}$/, '64 hexadecimal digits')
      .optional()
      .describe('Checksum of the chart archive.'),
  })
    .optional()
    .describe(
      'Where the provisioner’s chart comes from. Default: upstream’s nfs-subdir-external-provisioner.',
    ),
  image: mapping({
    repository: text(/^[\w.:/-]{1,255}$/, 'an image without its tag').describe('Image without its tag.'),
    tag: text(/^[\w.-]{1,128}$/, 'a tag such as v4.0.2').describe('Tag of the image.'),
  })
    .optional()
    .describe('The provisioner’s image. Default: the chart’s own.'),
});

const failover = mapping({
  mode: oneOf(['automatic', 'manual']).default('automatic').describe('Manual waits for a person’s approval.'),
  candidates: list(name('worker-1'), 'names of worker nodes')
    .optional()
    .describe(
      'Worker nodes that may be promoted, in order of preference. Default: the first five in file order.',
    ),
  confirmFor: duration('3s', '1h', '10s')
    .prefault('10s')
    .describe(
      'How long the control-plane nodes must be silent before a promotion. Their leases in etcd must be gone too.',
    ),
  below: whole(1, 50, 'a number of control-plane nodes')
    .default(1)
    .describe(
      'A worker node is promoted when fewer control-plane nodes than this serve and the others are lost. 1: when all are lost.',
    ),
  healsAnHour: whole(0, 60, 'a number of attempts')
    .default(3)
    .describe(
      'How often units of one host are started again within an hour before a person is asked. 0: never. Marks of a node (label, taint) are put back up to 20 times: nothing is restarted for it.',
    ),
  timings: oneOf(['fast', 'calm'])
    .default('calm')
    .describe(
      'Of health checks, VRRP and etcd’s elections. Calm: for virtual machines, which pause now and then.',
    ),
});

const backup = mapping({
  every: duration('15m', '7d', '6h').prefault('6h').describe('Time between two backups.'),
  keep: whole(1, 10000, 'a number of backups').default(28).describe('Backups kept; older ones are removed.'),
  recipients: list(ageRecipient(), 'age recipients')
    .min(1, wanted('at least one age recipient; `age-keygen` makes a pair'))
    .describe('age recipients (age1…) that can open the backups. The private key stays off the cluster.'),
  alsoTo: list(name('etcd-1'), 'host names')
    .default([])
    .describe('Hosts that keep a copy, beside the bastion.'),
});

const image = text(/^[\w.:/-]{1,255}:[\w.-]{1,128}$/, 'an image with its tag');

const helm = mapping({
  version: z
    .literal([2, 3], { error: () => 'wanted: 3, or 2 with Tiller' })
    .default(3)
    .describe('Major version of Helm. 2, with Tiller, is out of support since November 2020.'),
  archive: mapping({
    source: text(/^https?:\/\/\S{1,500}$/, 'a URL').describe(
      'URL of the archive, which the bastion reaches.',
    ),
    sha256: text(/^[0-9a-f]{64}$/, '64 hexadecimal digits').describe('Its checksum.'),
  })
    .optional()
    .describe('Where Helm 2 comes from. Default: https://get.helm.sh. Helm 3 comes by `kubespray.vars`.'),
  tiller: mapping({
    namespace: name('kube-system').default('kube-system').describe('Where Tiller runs.'),
    image: image.default(tillerImage).describe('Its image.'),
    manages: list(name('apps'), 'namespaces')
      .default([])
      .describe('Namespaces that it may change, and nothing else. Default: the whole cluster.'),
  })
    .optional()
    .describe('Tiller, of Helm 2 alone.'),
}).superRefine(({ version, ...ofHelm2 }, context) => {
  if (version === 2) return;
  for (const [key, value] of Object.entries(ofHelm2))
    if (value !== undefined)
      context.addIssue({
        code: 'custom',
        path: [key],
        message: 'goes with Helm 2; wanted: version: 2 beside it',
      });
});

const bastion = mapping({
  exclusive: flag()
    .default(false)
    .describe('Closes SSH on every other host to all but the bastions. False opens it again.'),
});

/** The spec file. Every key has its description: editors and docs/spec.md show them. */
export const specSchema = mapping(
  {
    cluster: name('demo').describe('Name of the cluster; part of every workflow’s id.'),
    ssh: sshSchema.describe('How the Temporal worker reaches the hosts. Paths are on the worker’s machine.'),
    hosts: list(hostSchema, 'hosts')
      .min(1, wanted('at least one host'))
      .max(800, wanted('at most 800 hosts: what is planned for them fits into one payload of Temporal’s'))
      .describe('The machines.'),
    bastion: bastion.optional().describe('The way in.'),
    loadBalancer: loadBalancerSchema
      .optional()
      .describe('The two virtual addresses on the load balancers, or the address of one that you have.'),
    kubernetes: kubernetesSchema.describe('The cluster itself.'),
    kubespray: kubespraySchema.prefault({}).describe('Kubespray, which installs it.'),
    helm: helm.prefault({}).describe('Helm on the bastion.'),
    storage: mapping({ nfs: nfs.describe('Storage on an NFS server.') })
      .optional()
      .describe('Storage for claims. Default: none.'),
    failover: failover.prefault({}).describe('What happens when control-plane nodes are lost.'),
    backup: backup.describe('Backups of etcd and of the PKI.'),
    singlePointsOfFailure: list(oneOf(components), 'components')
      .default([])
      .describe(`Components whose loss you accept in writing: ${components.join(', ')}.`),
  },
  'a spec',
);

export type Spec = z.output<typeof specSchema>;
export type Section = keyof Spec;
