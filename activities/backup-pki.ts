import type { Host } from '../hosts/host.ts';
import { sh } from '../hosts/shell.ts';
import { type StepBody, notYet, problem, step } from './step.ts';
import { backupRecipients } from './backup-recipients.ts';
import { backupPlaces, firstOf, newestBackup, storeBackup } from './backup-store.ts';

/** Without these a promotion cannot do; what a cluster has beyond them differs with its settings. */
const needed = [
  ...['ca.crt', 'ca.key', 'front-proxy-ca.crt', 'front-proxy-ca.key', 'sa.key', 'sa.pub'].map(
    (name) => `etc/kubernetes/ssl/${name}`,
  ),
  'etc/kubernetes/kubeadm-config.yaml',
];

const body: StepBody<'backup-pki'> = async (call, { host, other, signal }) => {
  const places = backupPlaces(host, call.alsoTo, other);
  const recipients = await backupRecipients(call.cluster, call.recipients, host.name);
  const pki = await firstOf(call.controlPlane, other, (source) => look(source, signal));
  // The hash of keys tells nothing about them.
  const note = `${pki.fingerprint} for ${recipients.toSorted().join(' ')}`;
  const newest = await newestBackup(places, call.cluster, 'pki', signal);
  if (newest?.note === note) return { changed: false, summary: `${newest.name} holds the PKI as it is` };

  const content = new Blob([
    await pack(pki.source, pki.files, signal),
  ]).stream() as ReadableStream<Uint8Array>;
  const backup = {
    cluster: call.cluster,
    kind: 'pki',
    suffix: 'tar.gz.age',
    recipients,
    keep: call.keep,
    note,
  } as const;
  const { name } = await storeBackup(places, backup, content, signal);
  return {
    changed: true,
    summary: `${name} (${pki.files.length} files and folders of ${pki.source.name}) on ${places.map((place) => place.name).join(', ')}`,
  };
};

export const backupPki = step('backup-pki', body);

/** What a promotion needs, and a fingerprint over content, owners and modes. */
async function look(source: Host, signal: AbortSignal) {
  const { stdout } = await source.run(list, { sudo: true, signal });
  const files = stdout.split('\n').filter((line) => line !== '');
  const missing = needed.filter((path) => !files.includes(path));
  if (missing.length > 0)
    throw problem(
      source.name,
      `lacks ${missing.join(', ')}`,
      'Is it a control-plane node that Kubespray made?',
    );
  const { stdout: sum } = await source.run(
    sh`cd / && find ${files} -type f -printf '%p %m %U:%G\n' -exec sha256sum {} + | LC_ALL=C sort | sha256sum`,
    { sudo: true, signal },
  );
  return { source, files, fingerprint: sum.slice(0, 64) };
}

/**
 * A pipe ends as its last command does and would hide that tar failed, so a file stands between; it has no name while
 * there are keys in it, so nothing that breaks off leaves it behind.
 */
async function pack(source: Host, files: readonly string[], signal: AbortSignal): Promise<Buffer> {
  const { stdout } = await source.run(
    sh`set -e; umask 077; packed=$(mktemp); exec 3> "$packed" 4< "$packed"; rm -f -- "$packed"
tar -C / --numeric-owner -czf - ${files} >&3
base64 -w0 <&4; echo; stat -L -c %s /dev/fd/3`,
    { sudo: true, signal, secret: true, maxBytes: 64 * 1024 * 1024 },
  );
  const [content = '', size] = stdout.split('\n');
  const packed = Buffer.from(content, 'base64');
  if (packed.length !== Number(size))
    throw notYet(
      source.name,
      `of the packed PKI ${packed.length} of ${size} bytes arrived`,
      `Look under /etc/kubernetes on ${source.name}: is a large file there that does not belong?`,
    );
  return packed;
}

/**
 * Keys and configuration, and every file or folder under /etc/kubernetes which the control plane's pods mount or
 * name, but for the leaf certificates and kubeconfigs that kubeadm makes anew. Nothing under a folder that is listed.
 */
const list = sh`cd / && { ls -d etc/kubernetes/kubeadm-config.yaml etc/kubernetes/kubescheduler-config.yaml \
etc/kubernetes/ssl/ca.crt etc/kubernetes/ssl/ca.key etc/kubernetes/ssl/front-proxy-ca.crt etc/kubernetes/ssl/front-proxy-ca.key \
etc/kubernetes/ssl/sa.key etc/kubernetes/ssl/sa.pub etc/kubernetes/ssl/secrets_encryption.yaml \
etc/kubernetes/patches etc/kubernetes/admission-controls etc/kubernetes/audit-policy etc/kubernetes/tokens etc/kubernetes/tracing etc/kubernetes/users 2>/dev/null
sed -n 's/^ *path: \\(\\/etc\\/kubernetes\\/.*\\)/\\1/p; s/.*=\\(\\/etc\\/kubernetes\\/[^ ]*\\)/\\1/p' etc/kubernetes/manifests/kube-apiserver.yaml etc/kubernetes/manifests/kube-controller-manager.yaml etc/kubernetes/manifests/kube-scheduler.yaml 2>/dev/null | grep -vE '^/etc/kubernetes/(ssl|pki)(/|$)|\\.conf$' | sed 's/^.//' | while read -r path; do if [ -e "$path" ]; then echo "$path"; fi; done
} | sed 's,/$,,' | LC_ALL=C sort -u | awk '{ d = $0; while (sub(/\\/[^\\/]*$/, "", d)) if (d in seen) next; seen[$0] = 1; print }'`;
