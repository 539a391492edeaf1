import type { Tiller } from '../cluster.ts';

/** The last release of Helm 2. It is out of support since November 2020. */
export const helm2Version = '2.17.0';

/** Upstream's image of it; its registry of before is gone. */
export const tillerImage = `ghcr.io/helm/tiller:v${helm2Version}`;

const name = 'tiller';
const rbac = 'rbac.authorization.k8s.io';
const everything = [{ apiGroups: ['*'], resources: ['*'], verbs: ['*'] }];

/** Tiller's service account and what it may do: everything, or everything in the namespaces that it manages. */
export function renderTillerAccess({ namespace, manages }: Tiller): string {
  const subjects = [{ kind: 'ServiceAccount', name, namespace }];
  const account = { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name, namespace } };
  const items =
    manages.length === 0
      ? [
          account,
          {
            apiVersion: `${rbac}/v1`,
            kind: 'ClusterRoleBinding',
            metadata: { name },
            roleRef: { apiGroup: rbac, kind: 'ClusterRole', name: 'cluster-admin' },
            subjects,
          },
        ]
      : [
          ...(namespace === 'kube-system' ? [] : [namespaceOf(namespace)]),
          account,
          // It keeps its releases in Secrets of its own namespace, and no more than that there.
          ...roleIn(
            namespace,
            subjects,
            [{ apiGroups: [''], resources: ['secrets'], verbs: ['*'] }],
            'tiller-releases',
          ),
          ...manages.flatMap((managed) => [
            ...(managed === namespace || managed === 'kube-system' ? [] : [namespaceOf(managed)]),
            ...roleIn(managed, subjects, everything, 'tiller-manager'),
          ]),
        ];
  return JSON.stringify({ apiVersion: 'v1', kind: 'List', items });
}

const namespaceOf = (namespace: string) => ({
  apiVersion: 'v1',
  kind: 'Namespace',
  metadata: { name: namespace },
});

function roleIn(namespace: string, subjects: readonly object[], rules: readonly object[], role: string) {
  const metadata = { name: role, namespace };
  return [
    { apiVersion: `${rbac}/v1`, kind: 'Role', metadata, rules },
    {
      apiVersion: `${rbac}/v1`,
      kind: 'RoleBinding',
      metadata,
      roleRef: { apiGroup: rbac, kind: 'Role', name: role },
      subjects,
    },
  ];
}

/**
 * What Tiller is started as. It listens inside its own pod alone: Helm reaches it by a forwarded port, which the API server
 * allows to those who may; over the pods' network anybody could command it. Releases are kept in Secrets.
 */
export const tillerCommand: readonly string[] = ['/tiller', '--storage=secret', '--listen=localhost:44134'];

/** Arguments of `helm init`, which installs Tiller or brings it to this. */
export function helmInitArgs({ namespace, image }: Tiller): readonly string[] {
  return [
    'init',
    '--service-account',
    name,
    '--tiller-namespace',
    namespace,
    '--tiller-image',
    image,
    '--override',
    `spec.template.spec.containers[0].command={${tillerCommand.join(',')}}`,
    '--history-max',
    '200',
    // Without the repositories that went away with Helm 2.
    '--skip-repos',
    '--upgrade',
    '--wait',
  ];
}
