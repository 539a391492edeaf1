import type { Cluster } from './cluster.ts';
import { hostsWithRole } from './cluster.ts';
import { apiServer, firstBastion } from './hosts-of.ts';
import { step } from './plan-step.ts';
import type { Plan } from './plan-types.ts';
import { promotionLine } from './promotion.ts';

/** Kubernetes' own cluster roles for people. */
export const accessRoles = ['view', 'edit', 'admin'] as const;
export type AccessRole = (typeof accessRoles)[number];

export interface Access {
  /** A Unix user of the bastion, and the user's name in Kubernetes. */
  readonly user: string;
  readonly role: AccessRole;
  /** Absent: the whole cluster. */
  readonly namespace?: string;
  /** Until the certificate is worth nothing; Kubernetes signs for no less than 600. */
  readonly seconds: number;
}

/** `taken`: the access that a user has had is taken away. */
export interface AccessInput extends Access {
  readonly server: string;
  readonly taken: boolean;
}

/** What happens when a person gets access to a cluster, on every bastion. */
export function accessPlan(cluster: Cluster, access: Access, taken = false): Plan {
  const input = { ...access, server: apiServer(cluster), taken };
  const bastions = hostsWithRole(cluster, 'bastion');
  const title = taken ? `Take the access of ${access.user} away` : `Give ${access.user} access`;
  return {
    cluster: cluster.name,
    targets: Object.fromEntries(bastions.map((host) => [host.name, host.ssh])),
    bastion: firstBastion(cluster).name,
    promotion: promotionLine(cluster),
    phases: [
      {
        id: 'access',
        after: [],
        order: 'in-order',
        steps: bastions.map(({ name }) => step('give-access', title, name, input)),
      },
    ],
  };
}

/** Every binding that holdfast made for a user has this label. */
export const accessLabel = 'holdfast.dev/access';

/** The binding that this access stands in. */
export function renderBinding({ user, role, namespace }: Access): string {
  const rbac = 'rbac.authorization.k8s.io';
  return JSON.stringify({
    apiVersion: `${rbac}/v1`,
    kind: namespace === undefined ? 'ClusterRoleBinding' : 'RoleBinding',
    metadata: {
      name: bindingName({ user, role }),
      ...(namespace !== undefined && { namespace }),
      labels: { [accessLabel]: user },
    },
    roleRef: { apiGroup: rbac, kind: 'ClusterRole', name: role },
    subjects: [{ apiGroup: rbac, kind: 'User', name: accessUser(user) }],
  });
}

export const bindingName = ({ user, role }: Pick<Access, 'user' | 'role'>): string =>
  `holdfast-access-${user}-${role}`;

/** Told apart from users of the cluster's own, `kubernetes-admin` for one. */
export const accessUser = (user: string): string => `holdfast:${user}`;
