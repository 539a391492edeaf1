import { kubectlOn } from './kubectl.ts';
import type { EndpointSlice, List, ObjectMeta } from './kubernetes-objects.ts';
import { type StepBody, notYet, step } from './step.ts';

interface Lease {
  readonly metadata: ObjectMeta;
  readonly spec?: { readonly holderIdentity?: string };
}

const elected = ['kube-controller-manager', 'kube-scheduler'];

/**
 * Nothing of this is taken away by hand: an API server withdraws its address from the service `kubernetes` as it ends
 * (else the others do, after 15 s), and the leases of the other two are taken over once they run out.
 */
const body: StepBody<'check-control-plane-left'> = async (call, { host, signal }) => {
  const kubectl = kubectlOn(host, call.cluster, signal);
  const { name, address } = call.left;
  const [slices, leases] = await Promise.all([
    kubectl.get<List<EndpointSlice>>([
      ...['-n', 'default', 'get', 'endpointslices', '-l', 'kubernetes.io/service-name=kubernetes'],
    ]),
    kubectl.get<List<Lease>>(['-n', 'kube-system', 'get', 'leases']),
  ]);
  const addresses = slices.items.flatMap(({ endpoints }) =>
    (endpoints ?? []).flatMap((one) => one.addresses),
  );
  const holders = elected.map((lease) => ({
    lease,
    holder: leases.items.find(({ metadata }) => metadata.name === lease)?.spec?.holderIdentity ?? '',
  }));
  const wrong = [
    ...(addresses.includes(address) ? [`the service kubernetes still names ${address}`] : []),
    ...(addresses.length === 0 ? ['the service kubernetes names nobody'] : []),
    ...holders.flatMap(({ lease, holder }) => {
      if (holder === '') return [`nobody holds the lease ${lease}`];
      // NAME_UUID
      return holder.replace(/_[^_]*$/, '') === name ? [`${name} still holds the lease ${lease}`] : [];
    }),
  ];
  if (wrong.length > 0)
    throw notYet(
      host.name,
      wrong.join('; '),
      `holdfast kubectl ${call.cluster} -- get endpointslices kubernetes, and: -n kube-system get leases`,
    );
  const told = holders.map(({ lease, holder }) => `${lease}: ${holder.replace(/_[^_]*$/, '')}`);
  return { changed: false, summary: `kubernetes: ${addresses.join(', ')}; ${told.join(', ')}` };
};

export const checkControlPlaneLeft = step('check-control-plane-left', body);
