import type { NfsStorage } from '../cluster.ts';
import { nfsProvisionerName } from './storage-class.ts';

const app = 'nfs-subdir-external-provisioner';

/** Values for the Helm chart nfs-subdir-external-provisioner. The storage class is not the chart's: see create-storage-class. */
export function nfsProvisionerValues(nfs: NfsStorage, serverAddress: string) {
  return {
    nfs: { server: serverAddress, path: nfs.path },
    storageClass: { create: false, provisionerName: nfsProvisionerName },
    ...(nfs.image ? { image: nfs.image } : {}),
    // No single point of failure: a second one on another node, which takes over when the first loses its lease.
    replicaCount: 2,
    strategyType: 'RollingUpdate',
    leaderElection: { enabled: true },
    affinity: {
      podAntiAffinity: {
        preferredDuringSchedulingIgnoredDuringExecution: [
          {
            weight: 100,
            podAffinityTerm: {
              topologyKey: 'kubernetes.io/hostname',
              labelSelector: { matchLabels: { app } },
            },
          },
        ],
      },
    },
  };
}
