import { type ShellCommand, sh } from '../hosts/shell.ts';
import { candidateLock } from './candidate-lock.ts';
import { type StepBody, step } from './step.ts';

/**
 * kubeadm's phases on the restored files, in one command: certificates, kubeconfigs and manifests. Never kubelet.conf,
 * so the node's kubelet and its pods go on as they are; it starts what it finds in the manifests folder.
 */
const body: StepBody<'start-control-plane'> = async (call, { host, signal }) => {
  const minor = Number(call.kubernetes.version.split('.')[1]);
  // Known since 1.29: the way in when the roles in the cluster are broken.
  const kubeconfigs = ['admin', ...(minor >= 29 ? ['super-admin'] : []), 'controller-manager', 'scheduler'];
  const { stdout } = await host.run(
    sh`set -eu
PATH=/usr/local/bin:$PATH; cd /etc/kubernetes
${candidateLock}
config=/etc/kubernetes/kubeadm-config.yaml
manifests() { cat manifests/kube-apiserver.yaml manifests/kube-controller-manager.yaml manifests/kube-scheduler.yaml 2> /dev/null | sha256sum; }
before=$(manifests)
${images}
${etcdAnswers(host.name)}
${forgetLeaves}
${dropSessions}
phase() { kubeadm init phase "$@" --config "$config" > "$log/\${1##*/}-\${2:-}" 2>&1 || { cat "$log/\${1##*/}-\${2:-}" >&2; return 1; }; }
log=$(mktemp -d); trap 'rm -rf -- "$log"' EXIT
# Each makes a key of its own from the CA that is there: they do not wait for each other.
pids=
for name in ${kubeconfigs}; do phase kubeconfig "$name" & pids="$pids $!"; done
phase certs all
for pid in $pids; do wait "$pid"; done
phase control-plane all
[ "$before" = "$(manifests)" ] && echo same || echo changed`,
    { sudo: true, signal, timeout: 170 },
  );
  const changed = stdout.trim().endsWith('changed');
  return {
    changed,
    summary: changed ? 'certificates, kubeconfigs and manifests written' : 'the manifests are as wanted',
  };
};

export const startControlPlane = step('start-control-plane', body);

/** A kubelet would fetch them too, one pod after the other, and say nothing while it does. */
const images: ShellCommand = sh`for image in $(kubeadm config images list --config "$config" 2> /dev/null | grep -E '/kube-(apiserver|controller-manager|scheduler):'); do
  crictl inspecti -q "$image" > /dev/null 2>&1 || timeout 100 crictl pull "$image" > /dev/null
done`;

/** Seconds; by the clock, for a proxy that takes connections and does not answer costs two seconds a try. */
const etcdPatience = 40;

/**
 * An API server that does not reach etcd ends, and is started again ever later. Where it goes through a proxy on its own
 * host, that one starts by itself once it has the certificate: any answer over HTTP comes from etcd.
 */
function etcdAnswers(name: string): ShellCommand {
  const pair = `/etc/ssl/etcd/ssl/node-${name}`;
  return sh`proxy=$(grep -oE 'https://127[.]0[.]0[.]1:[0-9]+' "$config" | head -n 1) || true
if [ -n "$proxy" ]; then
  end=$(($(date +%s) + ${etcdPatience}))
  until curl -s --noproxy '*' -o /dev/null -m 2 --cacert /etc/ssl/etcd/ssl/ca.pem --cert ${`${pair}.pem`} --key ${`${pair}-key.pem`} "$proxy/livez"; do
    [ "$(date +%s)" -lt "$end" ] || { echo "etcd does not answer at $proxy: look at journalctl -u holdfast-etcd-proxy" >&2; exit 1; }
    sleep 0.2
  done
fi`;
}

/** Until there are manifests, no leaf certificate here is in use; an old one may lack a name, and kubeadm keeps what it finds. */
const forgetLeaves: ShellCommand = sh`if [ ! -e manifests/kube-apiserver.yaml ]; then
  rm -f -- ssl/apiserver.crt ssl/apiserver.key ssl/apiserver-kubelet-client.crt ssl/apiserver-kubelet-client.key ssl/front-proxy-client.crt ssl/front-proxy-client.key
  rm -f -- admin.conf super-admin.conf controller-manager.conf scheduler.conf
fi`;

/**
 * The node's own sessions to API servers that are gone. One that a load balancer's former process still carries after a
 * reload is closed by nobody, and the kubelet would wait for it (28 s, seen once) before it says what pods it has. What
 * runs in pods has a network of its own and is not touched. Not every kernel can (CONFIG_INET_DIAG_DESTROY): the phases
 * go on without.
 */
const dropSessions: ShellCommand = sh`if [ ! -e manifests/kube-apiserver.yaml ]; then
  port=$(sed -nE 's|^ *server: https://.*:([0-9]+)/?$|\\1|p' kubelet.conf | head -n 1)
  [ -z "$port" ] || ss -K -t dport = ":$port" > /dev/null 2>&1 || true
fi`;
