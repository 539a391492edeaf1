import type { Host } from '../hosts/host.ts';
import { sh } from '../hosts/shell.ts';
import { problem } from './step.ts';

/** Without these a promotion cannot do; what a cluster has beyond them differs with its settings. */
export const neededForPromotion = [
  ...['ca.crt', 'ca.key', 'front-proxy-ca.crt', 'front-proxy-ca.key', 'sa.key', 'sa.pub'].map(
    (name) => `etc/kubernetes/ssl/${name}`,
  ),
  'etc/kubernetes/kubeadm-config.yaml',
];

/** What a promotion needs, and a fingerprint over content, owners and modes. */
export async function pkiOn(source: Host, signal: AbortSignal) {
  const { stdout } = await source.run(list, { sudo: true, signal });
  const files = stdout.split('\n').filter((line) => line !== '');
  const missing = neededForPromotion.filter((path) => !files.includes(path));
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

/** Made anew by kubeadm from what is kept, or a node's own. */
export const madeAnew =
  /^\/etc\/kubernetes\/(ssl\/?|ssl\/(apiserver|front-proxy-client)[^/]*|(admin|super-admin|controller-manager|scheduler|kubelet)[.]conf)$/;

/**
 * Keys and configuration, and every file or folder under /etc/kubernetes which the control plane's pods mount or
 * name, but for the leaf certificates and kubeconfigs that kubeadm makes anew. Nothing under a folder that is listed.
 */
const list = sh`cd / && { ls -d etc/kubernetes/kubeadm-config.yaml etc/kubernetes/kubescheduler-config.yaml \
etc/kubernetes/ssl/ca.crt etc/kubernetes/ssl/ca.key etc/kubernetes/ssl/front-proxy-ca.crt etc/kubernetes/ssl/front-proxy-ca.key \
etc/kubernetes/ssl/sa.key etc/kubernetes/ssl/sa.pub etc/kubernetes/ssl/secrets_encryption.yaml \
etc/kubernetes/patches etc/kubernetes/admission-controls etc/kubernetes/audit-policy etc/kubernetes/tokens etc/kubernetes/tracing etc/kubernetes/users 2>/dev/null
sed -n 's/^ *path: \\(\\/etc\\/kubernetes\\/.*\\)/\\1/p; s/.*=\\(\\/etc\\/kubernetes\\/[^ ]*\\)/\\1/p' etc/kubernetes/manifests/kube-apiserver.yaml etc/kubernetes/manifests/kube-controller-manager.yaml etc/kubernetes/manifests/kube-scheduler.yaml 2>/dev/null | sed -E 's,^(.etc.kubernetes).pki(/|$),\\1/ssl\\2,' | grep -vE ${madeAnew.source.replaceAll('\\/', '/')} | sed 's/^.//' | while read -r path; do if [ -e "$path" ]; then echo "$path"; fi; done
} | sed 's,/$,,' | LC_ALL=C sort -u | awk '{ d = $0; while (sub(/\\/[^\\/]*$/, "", d)) if (d in seen) next; seen[$0] = 1; print }'`;
