import { type ShellCommand, sh } from '../../hosts/shell.ts';

export const apiServerManifest = '/etc/kubernetes/manifests/kube-apiserver.yaml';
/** Out of the kubelet's sight, on the same disk. */
export const asideManifest = '/etc/kubernetes/holdfast-restore/kube-apiserver.yaml';

/** Shell function `running NAME`: ids of that container, one a line. */
export const running: ShellCommand = sh`PATH=$PATH:/usr/local/bin
running() { crictl ps -q --name "^$1$"; }`;
