/** The admin kubeconfig on the bastion: root's, 0600, its server the internal address. */
export function kubeconfigPath(cluster: string): string {
  return `/var/lib/holdfast/${cluster}/kubeconfig`;
}
