import { createHash } from 'node:crypto';
import { kubeconfigPath } from '../cluster/kubeconfig.ts';

/** Where things stand on the bastion: one folder a cluster, root's, 0700. A new worker finds everything there. */
export function bastionPaths(cluster: string) {
  const root = `/var/lib/holdfast/${cluster}`;
  return {
    root,
    checkout: `${root}/kubespray`,
    /** Which source and version the checkout is, and the commit they were resolved to. */
    checkoutRecord: `${root}/kubespray.json`,
    venv: (key: string) => `${root}/venv-${key}`,
    /** Names the venv in use. */
    venvRecord: `${root}/venv.json`,
    inventory: `${root}/inventory`,
    inventoryFile: `${root}/inventory/hosts.yaml`,
    /** The bastion's own key pair (`.pub` beside it) and the host keys of all hosts, written by trust-bastion. */
    sshKey: `${root}/ssh/id_ed25519`,
    knownHosts: `${root}/ssh/known_hosts`,
    plugins: `${root}/plugins`,
    factCache: `${root}/facts`,
    run: (job: string) => `${root}/runs/${job}`,
    lastSuccess: `${root}/last-success.json`,
    backups: `${root}/backups`,
    kubeconfig: kubeconfigPath(cluster),
    rootKubeconfig: '/root/.kube/config',
    /** Short on purpose: the path of a UNIX socket holds 107 bytes, and a cluster's name up to 63 of them. */
    sshControl: `/run/holdfast-${createHash('sha256').update(cluster).digest('hex').slice(0, 10)}`,
  };
}
