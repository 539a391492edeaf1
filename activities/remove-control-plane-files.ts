import { etcdProxyCertificates } from '../cluster/render/etcd-proxy-certificates.ts';
import { etcdProxySocket, etcdProxyUnit } from '../cluster/render/etcd-proxy.ts';
import { type ShellCommand, sh } from '../hosts/shell.ts';
import { candidateLock } from './candidate-lock.ts';
import { demotedFolder } from './stop-control-plane.ts';
import { type StepBody, notYet, problem, step } from './step.ts';

/**
 * Keys, certificates, kubeconfigs and configuration of a control plane; a worker node's own (kubelet.conf, ca.crt, its
 * kubelet's pki) stay, and so do the images and the proxy before etcd, which every candidate has.
 */
const body: StepBody<'remove-control-plane-files'> = async (call, { host, signal }) => {
  const { stdout } = await host.run(
    sh`set -eu; cd /etc/kubernetes
${candidateLock}
for name in kube-apiserver kube-controller-manager kube-scheduler; do
  if [ -e "manifests/$name.yaml" ]; then echo "runs $name"; fi
done
for name in kubelet.conf ssl/ca.crt; do [ -s "$name" ] || echo "lacks $name"; done`,
    { sudo: true, signal },
  );
  const wrong = stdout.split('\n').filter((line) => line !== '');
  if (wrong.length > 0)
    throw problem(
      host.name,
      `it ${wrong.join(', ')}: nothing was removed`,
      'Its control plane must have ended, and its kubelet must have its own files: look under /etc/kubernetes.',
    );
  const etcd = etcdClient(host.name, call.keepEtcdClient);
  const removed = await host.run(
    sh`set -eu
${candidateLock}
${found}
list() { controlPlane; ${etcd}; }
${call.keepEtcdClient ? sh`true` : stopProxy}
list | while IFS= read -r path; do rm -rf -- "$path"; echo "$path"; done
echo left; list`,
    { sudo: true, signal },
  );
  const [gone = '', left = ''] = removed.stdout.split(/^left\n/m);
  if (left.trim() !== '')
    throw notYet(
      host.name,
      `still there after they were removed: ${left.trim().split('\n').join(', ')}`,
      'Does something write them again?',
    );
  const count = gone.split('\n').filter((line) => line !== '').length;
  return {
    changed: count > 0,
    summary:
      count > 0
        ? `${count} files and folders of the control plane removed`
        : 'it holds no file of a control plane',
  };
};

export const removeControlPlaneFiles = step('remove-control-plane-files', body);

/**
 * Shell function `controlPlane`: what is there of it, one path a line. Beside the known names, what the manifests that
 * were put aside mount or name; but not what the kubelet's own configuration names too, nor patches, which Kubespray
 * puts on every node. What a restore of the PKI that was cut off left behind holds keys as well.
 */
const found: ShellCommand = sh`controlPlane() {
  cd /etc/kubernetes
  {
    for path in ssl/ca.key ssl/front-proxy-ca.crt ssl/front-proxy-ca.key ssl/sa.key ssl/sa.pub ssl/secrets_encryption.yaml \
      ssl/apiserver.crt ssl/apiserver.key ssl/apiserver-kubelet-client.crt ssl/apiserver-kubelet-client.key \
      ssl/apiserver-etcd-client.crt ssl/apiserver-etcd-client.key ssl/front-proxy-client.crt ssl/front-proxy-client.key \
      admin.conf super-admin.conf controller-manager.conf scheduler.conf kubeadm-config.yaml kubescheduler-config.yaml \
      admission-controls audit-policy tokens tracing users .holdfast-restore.*; do
      printf '%s\n' "$path" "$path.old" "$path.bak"
    done
    cat ${demotedFolder}/*.yaml 2> /dev/null |
      sed -n 's/^ *path: \\/etc\\/kubernetes\\/\\(.*\\)/\\1/p; s/.*=\\/etc\\/kubernetes\\/\\([^ ]*\\)/\\1/p' |
      sed 's,/*$,,' | grep -vE '^((ssl|pki)(/ca[.]crt)?$|(manifests|patches)(/|$)|kubelet)' | while IFS= read -r path; do
        grep -qsF -- "/etc/kubernetes/$path" kubelet.env kubelet-config.yaml kubelet.conf || printf '%s\n' "$path"
      done
    echo holdfast-demoted
  } | sort -u | while IFS= read -r path; do
    if [ -e "$path" ] || [ -L "$path" ]; then echo "/etc/kubernetes/$path"; fi
  done
}`;

/** The proxy before etcd holds the pair too, and would go on with it; it stands by until another promotion. */
const stopProxy: ShellCommand = sh`systemctl stop ${[etcdProxyUnit, etcdProxySocket]} 2> /dev/null || true`;

/** Links by the old control plane's names, and the pair itself, with the proxy's copy, where the promotion issued it. */
function etcdClient(name: string, keep: boolean): ShellCommand {
  const pair = `/etc/ssl/etcd/ssl/node-${name}`;
  const links = sh`find /etc/ssl/etcd/ssl -maxdepth 1 -type l '(' -lname ${`${pair}.pem`} -o -lname ${`${pair}-key.pem`} ')' 2> /dev/null || true`;
  if (keep) return links;
  const copies = [`${pair}.pem`, `${pair}-key.pem`, etcdProxyCertificates.client];
  return sh`${links}; for path in ${copies}; do if [ -e "$path" ]; then echo "$path"; fi; done`;
}
