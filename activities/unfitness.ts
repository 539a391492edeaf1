import { type ShellCommand, sh } from '../hosts/shell.ts';

/** A promotion writes less than one; a full disk would let the kubelet evict what it starts. */
const freeMb = 200;

/** Prints a line for each thing that keeps a worker node from being promoted, and ends the shell where no image can be asked for. */
export const unfitness = (version: string): ShellCommand => sh`PATH=$PATH:/usr/local/bin
systemctl is-active --quiet kubelet || echo 'its kubelet does not run'
[ -s /etc/kubernetes/ssl/ca.crt ] || echo 'it has no CA: it never joined the cluster'
[ -s /etc/kubernetes/kubelet.conf ] || echo 'it has no kubelet.conf: it never joined the cluster'
kubeadm=$(kubeadm version -o short 2> /dev/null | tr -d v) || true
[ "$kubeadm" = ${version} ] || echo "its kubeadm is \${kubeadm:-not there}, not "${version}
free=$(df -Pm /etc/kubernetes | awk 'NR == 2 { print $4 }')
[ "$free" -ge ${freeMb} ] || echo "\${free:-no} MB are free for Kubernetes’ files, "${freeMb}' are wanted'
timeout 10 crictl version > /dev/null 2>&1 || { echo 'its container runtime does not answer'; exit 0; }`;
