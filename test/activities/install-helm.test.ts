import { expect, test } from 'vitest';
import { installHelm } from '../../activities/install-helm.ts';
import { fakeHost } from '../../hosts/fake.ts';
import { callStep, failureOf } from './call-step.ts';

const sum = 'a'.repeat(64);
const vars = { get_helm_url: 'http://10.0.0.1:8080/helm', helm_archive_checksum: `sha256:${sum}` };
const asks3 = (path: string) => `${path} version --client --template '{{.Version}}'`;
const asks2 = "/usr/local/bin/helm version --client --template '{{.Client.SemVer}}'";
const installed = /^set -e; tar -xzf \S+ -O linux-amd64\/helm > /;
const install = (
  version: 2 | 3,
  host: ReturnType<typeof fakeHost>,
  archive?: { source: string; sha256: string },
) =>
  callStep(
    installHelm,
    { version, kubespray: { version: 'v1', source: '/source', vars }, ...(archive && { archive }) },
    [host],
  );

test('Helm 3 of the version is there already', async () => {
  const host = fakeHost('bastion-1').expect(asks3('/usr/local/bin/helm'), { stdout: 'v3.18.4' });
  expect(await install(3, host)).toEqual({ changed: false, summary: 'helm 3.18.4 is there' });
});

test('Helm 3 comes from the address that Kubespray knows, checked, and is asked afterwards', async () => {
  const host = fakeHost('bastion-1')
    .expect(asks3('/usr/local/bin/helm'), { code: 127 })
    .expect('uname -m', { stdout: 'x86_64\n' })
    .expect(/curl .* http:\/\/10.0.0.1:8080\/helm\/helm-v3.18.4-linux-amd64.tar.gz$/)
    .expect(new RegExp(sum))
    .expect(installed)
    .expect(asks3('/usr/local/bin/helm'), { stdout: 'v3.18.4' });
  expect(await install(3, host)).toEqual({ changed: true, summary: 'helm 3.18.4 installed' });
  host.verify();
});

test('with Helm 2 the command helm is Helm 2, by upstream’s checksum, and Helm 3 stands beside it', async () => {
  const host = fakeHost('bastion-1')
    .expect(asks2, { code: 127 })
    .expect('uname -m', { stdout: 'x86_64\n' })
    .expect(/curl .* https:\/\/get.helm.sh\/helm-v2.17.0-linux-amd64.tar.gz$/)
    .expect(/f3bec3c7c55f6a9eb9e6586b8c503f370af92fe987fcbf741f37707606d70296/)
    .expect(/ mv -f \/usr\/local\/bin\/.helm.new \/usr\/local\/bin\/helm; /)
    .expect(asks2, { stdout: 'v2.17.0' })
    .expect(asks3('/usr/local/bin/helm3'), { code: 127 })
    .expect('uname -m', { stdout: 'x86_64\n' })
    .expect(/curl .*helm-v3.18.4/)
    .expect(new RegExp(sum))
    .expect(/ mv -f \/usr\/local\/bin\/.helm3.new \/usr\/local\/bin\/helm3; /)
    .expect(asks3('/usr/local/bin/helm3'), { stdout: 'v3.18.4' });
  expect(await install(2, host)).toEqual({ changed: true, summary: 'helm 2.17.0 and 3.18.4 installed' });
  host.verify();
});

test('Helm 2 comes from where the spec says, with the checksum that it gives', async () => {
  const archive = { source: 'http://10.0.0.1:8080/helm2.tar.gz', sha256: 'b'.repeat(64) };
  const host = fakeHost('bastion-1')
    .expect(asks2, { code: 127 })
    .expect('uname -m', { stdout: 'x86_64\n' })
    .expect(/curl .* http:\/\/10.0.0.1:8080\/helm2.tar.gz$/)
    .expect(new RegExp(archive.sha256), { code: 3, stdout: 'c'.repeat(64) });
  expect(await failureOf(install(2, host, archive))).toMatchObject({ type: 'ProblemFound' });
  host.verify();
});

test('one that says something else after it was installed is not called done', async () => {
  const host = fakeHost('bastion-1')
    .on(asks3('/usr/local/bin/helm'), { stdout: 'v3.17.0' })
    .on('uname -m', { stdout: 'x86_64\n' })
    .on(/curl |sha256sum|^set -e; tar/);
  expect(await failureOf(install(3, host))).toMatchObject({
    type: 'NotYet',
    message: expect.stringContaining('helm says it is 3.17.0 after 3.18.4 was installed') as string,
  });
});
