import { type Mapping, kubeadmDocuments, mapping, only } from './render/promoted-kubeadm-config.ts';

/** Certificates that the system's own package brings; where a folder of them is missing kubelet makes an empty one. */
const ofTheSystem = /^\/(etc\/(ssl|pki|ca-certificates)|usr\/(local\/)?share\/ca-certificates)(\/|$)/;

/**
 * Files and folders of the host that the control plane mounts and reads, by its kubeadm-config.yaml: without them an API
 * server is started that ends at once. Left out: what it writes or kubelet makes itself, and the system's certificates.
 */
export function volumesReadOf(kubeadmConfig: string): readonly string[] {
  const cluster = only(kubeadmDocuments(kubeadmConfig), 'ClusterConfiguration');
  const volumes = ['apiServer', 'controllerManager', 'scheduler'].flatMap((part) => {
    const { extraVolumes } = mapping(cluster[part]);
    return Array.isArray(extraVolumes) ? (extraVolumes as Mapping[]) : [];
  });
  const paths = volumes.flatMap(({ hostPath, readOnly, pathType }) =>
    typeof hostPath === 'string' && isRead(hostPath, readOnly) && !isMade(pathType)
      ? [hostPath.replace(/\/+$/, '')]
      : [],
  );
  return [...new Set(paths)].filter((path) => path !== '').toSorted();
}

const isMade = (pathType: unknown): boolean =>
  pathType === 'DirectoryOrCreate' || pathType === 'FileOrCreate';

/** Kubespray writes no `readOnly` for some of what is only read: below /etc nothing else is expected. */
function isRead(path: string, readOnly: unknown): boolean {
  return (readOnly === true || path.startsWith('/etc/')) && !ofTheSystem.test(path);
}
