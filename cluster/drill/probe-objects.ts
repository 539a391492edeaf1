/** Where probers read and write; made for them, and taken away with all that is in it. */
export const probeNamespace = 'holdfast-drill';
export const probeAccount = 'prober';

/** What probers need in the cluster, for `kubectl apply`: each has an object of its own, and may touch nothing else. */
export function probeObjects(configMaps: readonly string[]): object {
  const inNamespace = (name: string) => ({ name, namespace: probeNamespace });
  return {
    apiVersion: 'v1',
    kind: 'List',
    items: [
      { apiVersion: 'v1', kind: 'Namespace', metadata: { name: probeNamespace } },
      { apiVersion: 'v1', kind: 'ServiceAccount', metadata: inNamespace(probeAccount) },
      ...configMaps.map((name) => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: inNamespace(name) })),
      {
        apiVersion: 'rbac.authorization.k8s.io/v1',
        kind: 'Role',
        metadata: inNamespace(probeAccount),
        rules: [
          {
            apiGroups: [''],
            resources: ['configmaps'],
            resourceNames: configMaps,
            verbs: ['get', 'patch'],
          },
        ],
      },
      {
        apiVersion: 'rbac.authorization.k8s.io/v1',
        kind: 'RoleBinding',
        metadata: inNamespace(probeAccount),
        roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: probeAccount },
        subjects: [{ kind: 'ServiceAccount', ...inNamespace(probeAccount) }],
      },
    ],
  };
}

export const probePath = (configMap: string): string =>
  `/api/v1/namespaces/${probeNamespace}/configmaps/${configMap}`;

/** One object for each prober and address: writers of one object would wait for each other. */
export const probeConfigMap = (client: string, address: string): string => `probe-${client}-${address}`;
