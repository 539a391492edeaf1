import { dump } from 'js-yaml';
import type { NfsStorage } from '../cluster.ts';

/** What the storage class and the provisioner know each other by: upstream's name; a class keeps it for life. */
export const nfsProvisionerName = 'k8s-sigs.io/nfs-subdir-external-provisioner';

/** The StorageClass as a manifest. */
export function renderStorageClass(nfs: NfsStorage): string {
  return dump(
    {
      apiVersion: 'storage.k8s.io/v1',
      kind: 'StorageClass',
      metadata: {
        name: nfs.storageClass,
        // Said either way: a class that was the default must stop being it when the spec says so.
        annotations: { 'storageclass.kubernetes.io/is-default-class': String(nfs.default) },
      },
      provisioner: nfsProvisionerName,
      // "false" deletes a database together with its claim.
      parameters: { archiveOnDelete: String(nfs.archiveOnDelete) },
      reclaimPolicy: 'Delete',
      volumeBindingMode: 'Immediate',
      // hard: while the server is away, reads and writes wait. With soft they fail, and data is lost quietly.
      // Version 4 needs port 2049 alone; version 3 would need rpcbind, mountd and a lock manager besides.
      mountOptions: ['hard', 'nfsvers=4.1'],
    },
    { lineWidth: -1, noRefs: true },
  );
}
