import { expect, it } from 'vitest';
import { checkControlPlaneLeft } from '../../activities/check-control-plane-left.ts';
import { fakeHost } from '../../hosts/fake.ts';
import { failureOf } from './call-step.ts';
import { runStep } from './run-step.ts';

const others = ['10.0.0.31', '10.0.0.32'];

function look(addresses: readonly string[], manager = 'master-1_x1', scheduler = 'master-2_x2') {
  const leases = { 'kube-controller-manager': manager, 'kube-scheduler': scheduler, 'apiserver-a': 'b' };
  const bastion = fakeHost('bastion-1')
    .on(/ -n default get endpointslices -l kubernetes\.io\/service-name=kubernetes -o json$/, {
      stdout: JSON.stringify({ items: [{ metadata: {}, endpoints: [{ addresses }] }] }),
    })
    .on(/ -n kube-system get leases -o json$/, {
      stdout: JSON.stringify({
        items: Object.entries(leases).map(([name, holderIdentity]) => ({
          metadata: { name },
          spec: { holderIdentity },
        })),
      }),
    });
  return runStep(checkControlPlaneLeft, { left: { name: 'worker-1', address: '10.0.0.41' } }, [bastion]);
}
const wrong = async (...given: Parameters<typeof look>) => {
  const failure = await failureOf(look(...given));
  expect(failure).toMatchObject({ type: 'NotYet' });
  return failure.message;
};

it('tells who serves and who leads once the host is in none of it', async () => {
  expect(await look(others)).toEqual({
    changed: false,
    summary: 'kubernetes: 10.0.0.31, 10.0.0.32; kube-controller-manager: master-1, kube-scheduler: master-2',
  });
});

it('is not done while the service names the host, or while it names nobody', async () => {
  expect(await wrong([...others, '10.0.0.41'])).toContain('the service kubernetes still names 10.0.0.41');
  expect(await wrong([])).toContain('the service kubernetes names nobody');
});

it('is not done while the host, or nobody, holds a lease', async () => {
  expect(await wrong(others, 'worker-1_x3', '')).toContain(
    'worker-1 still holds the lease kube-controller-manager; nobody holds the lease kube-scheduler',
  );
});

it('does not take another host for it whose name begins the same', async () => {
  expect(await look(others, 'worker-11_x3')).toMatchObject({ changed: false });
});
