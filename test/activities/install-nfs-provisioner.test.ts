import { expect, test } from 'vitest';
import { installNfsProvisioner } from '../../activities/install-nfs-provisioner.ts';
import { nfsProvisionerValues } from '../../cluster/render/nfs-provisioner-values.ts';
import { type FakeHost, fakeHost } from '../../hosts/fake.ts';
import { callStep, failureOf } from './call-step.ts';

const name = 'nfs-subdir-external-provisioner';
const nfs = {
  server: 'nfs-1',
  path: '/srv/nfs',
  storageClass: 'nfs',
  default: true,
  archiveOnDelete: false,
} as const;
const values = nfsProvisionerValues(nfs, '10.0.0.61');
const json = (value: unknown) => ({ stdout: JSON.stringify(value) });
const deployed = [{ chart: `${name}-4.0.18`, status: 'deployed' }];

/** What `helm list` shows, in this order; the last answer stays. */
function bastion(...listed: readonly unknown[][]): FakeHost {
  const left = [...listed];
  return fakeHost('bastion-1')
    .on(/helm .* list --filter/, () => json(left.length > 1 ? left.shift() : left[0]))
    .on(/helm .* get values/, json(values))
    .on(/get deployments/, json({ items: [{ status: { availableReplicas: 2 } }] }));
}
const revisions = (...states: string[]) => json(states.map((status, i) => ({ revision: i + 1, status })));
const run = (host: FakeHost) => callStep(installNfsProvisioner, { nfs, serverAddress: '10.0.0.61' }, [host]);
const changes = (host: FakeHost) =>
  host.done.flatMap((line) => /(upgrade|rollback|uninstall) .*/.exec(line)?.[0] ?? []);

test('a release that is deployed with these values is left alone', async () => {
  const host = bastion(deployed);
  expect(await run(host)).toMatchObject({ changed: false });
  expect(changes(host)).toEqual([]);
});

test('where there is none, it is installed', async () => {
  const host = bastion([], deployed)
    .on(/helm .* history/, { code: 1, stderr: 'Error: release: not found\n' })
    .on(/helm .* upgrade .* --install /);
  expect(await run(host)).toMatchObject({ changed: true });
  expect(JSON.parse(host.stdins[0] ?? '')).toEqual(values);
});

test.each([
  ['an upgrade', ['superseded', 'deployed', 'pending-upgrade'], /^rollback \S+ 2$/],
  ['a rollback', ['superseded', 'deployed', 'failed', 'pending-rollback'], /^rollback \S+ 2$/],
  ['a first install', ['pending-install'], /^uninstall \S+ --wait/],
  ['an upgrade of what never was deployed', ['failed', 'pending-upgrade'], /^uninstall \S+ --wait/],
  ['its removal', ['superseded', 'uninstalling'], /^uninstall \S+ --wait/],
])('%s that was cut off is undone, and then it goes on', async (_title, states, undone) => {
  const host = bastion([], deployed)
    .on(/helm .* history/, revisions(...states))
    .on("pgrep -a -x 'helm3?'", { code: 1 })
    .on(/helm .* (rollback|uninstall|upgrade) /);
  expect(await run(host)).toMatchObject({ changed: true });
  expect(changes(host)).toEqual([
    expect.stringMatching(undone),
    expect.stringMatching(/^upgrade .* --install /),
  ]);
});

test('a failed upgrade is no obstacle to the next', async () => {
  const host = bastion([{ chart: `${name}-4.0.18`, status: 'failed' }], deployed)
    .on(/helm .* history/, revisions('deployed', 'failed'))
    .on(/helm .* upgrade .* --install /);
  expect(await run(host)).toMatchObject({ changed: true });
  expect(changes(host)).toHaveLength(1);
});

test('a helm of this release that still runs is not disturbed, one of another cluster is nothing to us', async () => {
  const helm = (cluster: string) =>
    `41 /usr/local/bin/helm --kubeconfig /var/lib/holdfast/${cluster}/kubeconfig upgrade ${name}\n`;
  const host = (cluster: string) =>
    bastion([], deployed)
      .on(/helm .* history/, revisions('pending-install'))
      .on("pgrep -a -x 'helm3?'", { stdout: helm(cluster) })
      .on(/helm .* (uninstall|upgrade) /);
  const busy = host('demo');
  expect(await failureOf(run(busy))).toMatchObject({
    type: 'NotYet',
    message: expect.stringContaining('helm still runs (process 41)') as string,
  });
  expect(changes(busy)).toEqual([]);
  expect(await run(host('demo-2'))).toMatchObject({ changed: true });
});

test('a helm that cannot tell its history is no sign that there is none', async () => {
  const host = bastion([]).on(/helm .* history/, { code: 1, stderr: 'Error: cluster unreachable' });
  expect(await failureOf(run(host))).toMatchObject({ type: 'NotYet' });
  expect(changes(host)).toEqual([]);
});
