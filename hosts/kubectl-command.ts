import { kubeconfigPath } from '../cluster/kubeconfig.ts';
import { type ShellCommand, sh } from './shell.ts';

/** kubectl with the cluster's kubeconfig, as run on the bastion by root. */
export function kubectlCommand(cluster: string, args: readonly string[]): ShellCommand {
  return sh`kubectl --kubeconfig ${kubeconfigPath(cluster)} ${args}`;
}
