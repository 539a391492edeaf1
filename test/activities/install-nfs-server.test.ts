import { beforeEach, expect, test } from 'vitest';
import { installNfsServer } from '../../activities/install-nfs-server.ts';
import {
  ganeshaConfigPath,
  renderGaneshaConfig,
  renderNfsExports,
} from '../../cluster/render/nfs-exports.ts';
import type { FakeHost } from '../../hosts/fake.ts';
import { balancerHost, unitIs, up } from './balancer-hosts.ts';
import { runStep } from './run-step.ts';

const nfs = { server: 'nfs-1', path: '/srv/nfs', storageClass: 'nfs', default: true, archiveOnDelete: false };
const clients = ['10.0.0.31', '10.0.0.41'];
const exportsPath = '/etc/exports.d/holdfast.exports';
const kernels = renderNfsExports(nfs.path, clients);
const ganeshas = renderGaneshaConfig(nfs.path, clients);
const loaded = (written: string) => ({
  stdout: `Tue 2026-11-24 04:28:14.500000 UTC\n${written}\n`,
});

let host: FakeHost;
beforeEach(() => {
  host = balancerHost('nfs-1')
    .on(/^if \[ -d /, { stdout: 'there\n' })
    .on(/^python3 -c .*2049/)
    .on(/dpkg-query/, { stdout: 'nfs-kernel-server ii \nnfs-ganesha ii \nnfs-ganesha-vfs ii \n' });
});
const run = () => runStep(installNfsServer, { nfs, clients }, [host]);
const acts = () => host.done.filter((line) => /^(write|exportfs|systemctl (restart|enable))/.test(line));

const kernel = () =>
  unitIs(host, 'nfs-kernel-server.service', up)
    .on(/^modprobe -q nfsd/)
    .on('exportfs -ra');
const ganesha = (written: string) =>
  unitIs(host, 'nfs-ganesha.service', up)
    .on(/^modprobe -q nfsd/, { code: 1 })
    .on(/^systemctl show .*StateChangeTimestamp/, loaded(written))
    .on('systemctl restart nfs-ganesha.service');

test('exports that an earlier try wrote and never exported are exported, and nothing is restarted', async () => {
  kernel().file(exportsPath, kernels);
  expect(await run()).toEqual({
    changed: false,
    summary: 'the kernel’s NFS server exports /srv/nfs to 2 nodes already',
  });
  expect(acts()).toEqual(['exportfs -ra']);
});

test('changed exports are written and exported', async () => {
  kernel().file(exportsPath, 'old');
  expect(await run()).toMatchObject({ changed: true });
  expect(acts()).toEqual([`write ${exportsPath}`, 'exportfs -ra']);
});

test('a server that does not run is started', async () => {
  unitIs(kernel(), 'nfs-kernel-server.service', 'inactive\ndisabled\n', up)
    .file(exportsPath, kernels)
    .on(/^systemctl enable nfs-kernel-server.service && systemctl restart/);
  expect(await run()).toMatchObject({ changed: true });
  expect(acts()).toHaveLength(1);
});

test('the server in user space is left alone when it has read its file', async () => {
  ganesha('1795494494.400').file(ganeshaConfigPath, ganeshas);
  expect(await run()).toMatchObject({ changed: false });
  expect(acts()).toEqual([]);
});

test('it is restarted when its file is newer than its start, as after a try that was cut off', async () => {
  ganesha('1795494494.600').file(ganeshaConfigPath, ganeshas);
  expect(await run()).toMatchObject({ changed: true });
  expect(acts()).toEqual(['systemctl restart nfs-ganesha.service']);
});

test('a kernel without an NFS server is refused where the distribution has no other', async () => {
  host
    .on('cat /etc/os-release', { stdout: 'ID="rocky"\nVERSION_ID="9.6"\nID_LIKE="rhel centos fedora"\n' })
    .on(/^modprobe -q nfsd/, { code: 1 });
  await expect(run()).rejects.toMatchObject({
    type: 'ProblemFound',
    message: expect.stringContaining('no nfs-ganesha') as unknown,
  });
  expect(acts()).toEqual([]);
});

test.each([
  ['rocky', 'nfs-utils'],
  ['opensuse-leap', 'nfs-kernel-server'],
])('on %s the kernel’s server is nfs-server.service, of %s', async (id, name) => {
  unitIs(host, 'nfs-server.service', up)
    .on('cat /etc/os-release', { stdout: `ID="${id}"\nVERSION_ID="15.6"\n` })
    .on(/^sh -c 'for name; .* sh /, { stdout: `${name} installed\n` })
    .on(/^modprobe -q nfsd/)
    .on('exportfs -ra')
    .file(exportsPath, kernels);
  expect(await run()).toMatchObject({ changed: false });
});
