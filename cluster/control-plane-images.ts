import { kubeadmDocuments, only } from './render/promoted-kubeadm-config.ts';

const components = ['kube-apiserver', 'kube-controller-manager', 'kube-scheduler'];

/** What the manifests will name that kubeadm writes from this configuration. */
export function controlPlaneImagesOf(kubeadmConfig: string): readonly string[] {
  const cluster = only(kubeadmDocuments(kubeadmConfig), 'ClusterConfiguration');
  const { imageRepository = 'registry.k8s.io', kubernetesVersion } = cluster as Record<string, string>;
  if (typeof kubernetesVersion !== 'string') throw new RangeError('kubeadm-config.yaml names no version');
  const tag = kubernetesVersion.replaceAll('+', '_');
  return components.map((name) => `${imageRepository}/${name}:${tag}`);
}

/** Without the leading "v". */
export function kubernetesVersionOf(kubeadmConfig: string): string {
  const { kubernetesVersion } = only(kubeadmDocuments(kubeadmConfig), 'ClusterConfiguration');
  return String(kubernetesVersion).replace(/^v/, '');
}
