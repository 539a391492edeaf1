import { clusterConfigurationOf } from '../cluster/render/cluster-configuration.ts';
import { sh } from '../hosts/shell.ts';
import { firstOf } from './backup-places.ts';
import { type Kubectl, kubectlOn } from './kubectl.ts';
import type { ObjectMeta } from './kubernetes-objects.ts';
import { type StepBody, notYet, problem, step } from './step.ts';

/**
 * kubeadm's configuration in the cluster became the promoted node's: its certificate for etcd, and where it listens.
 * Whoever joins or upgrades next would look for them. cluster-info names the load balancers and is left alone.
 */
const body: StepBody<'hand-back-kubeadm-config'> = async (call, { host, other, signal }) => {
  const kubectl = kubectlOn(host, call.cluster, signal);
  const { name, file } = await firstOf(call.controlPlane, other, async (master) => {
    // Tokens and a key for certificates may stand in it.
    const options = { sudo: true, signal, secret: true };
    const { stdout } = await master.run(sh`cat /etc/kubernetes/kubeadm-config.yaml`, options);
    return { name: master.name, file: stdout };
  });
  const before = await configMap(kubectl);
  const wanted = wantedOf(before, file, name);
  if (wanted === undefined) return { changed: false, summary: `kubeadm’s configuration is that of ${name}` };
  // With its resourceVersion: what somebody else wrote meanwhile is not overwritten.
  await kubectl.run(['replace', '-f', '-'], {
    stdin: JSON.stringify({ ...before, data: { ...before.data, ClusterConfiguration: wanted } }),
  });
  if (wantedOf(await configMap(kubectl), file, name) !== undefined)
    throw notYet(
      host.name,
      `kubeadm’s configuration is not that of ${name} after it was written`,
      `holdfast kubectl ${call.cluster} -- -n kube-system get configmap kubeadm-config -o yaml`,
    );
  return { changed: true, summary: `kubeadm’s configuration is that of ${name} again` };
};

export const handBackKubeadmConfig = step('hand-back-kubeadm-config', body);

interface ConfigMap {
  readonly metadata: ObjectMeta;
  readonly data?: { readonly ClusterConfiguration?: string };
}

const configMap = (kubectl: Kubectl) =>
  kubectl.get<ConfigMap>(['-n', 'kube-system', 'get', 'configmap', 'kubeadm-config']);

function wantedOf({ data }: ConfigMap, file: string, master: string): string | undefined {
  try {
    return clusterConfigurationOf(data?.ClusterConfiguration ?? '', file);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw problem(
      master,
      error.message,
      'Look at /etc/kubernetes/kubeadm-config.yaml there, and at the ConfigMap kubeadm-config in kube-system.',
    );
  }
}
