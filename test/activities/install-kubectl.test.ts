import { expect, test } from 'vitest';
import { installKubectl } from '../../activities/install-kubectl.ts';
import { fakeHost } from '../../hosts/fake.ts';
import { callStep, failureOf } from './call-step.ts';

const kubespray = { version: 'v1', source: '/source' };
const kubectl = (vars: Record<string, string>, host: ReturnType<typeof fakeHost>) =>
  callStep(
    installKubectl,
    {
      kubernetes: { version: '1.34.4', podCidr: '10.0.0.0/8', serviceCidr: '11.0.0.0/8', network: 'flannel' },
      kubespray: { ...kubespray, vars },
    },
    [host],
  );
const asks = '/usr/local/bin/kubectl version --client -o json';
const says = (text: string) => ({ stdout: `{"clientVersion": {"gitVersion": "v${text}"}}` });
const sum = 'a'.repeat(64);

test('kubectl of the version is there already', async () => {
  expect(await kubectl({}, fakeHost('bastion-1').expect(asks, says('1.34.4')))).toMatchObject({
    changed: false,
  });
});

test('kubectl comes from Kubespray’s own address, with its checksum, and is asked afterwards', async () => {
  const vars = {
    files_repo: 'http://10.0.0.1:8080',
    dl_k8s_io_url: '{{ files_repo }}/dl.k8s.io',
    kubectl_binary_checksum: `sha256:${sum}`,
  };
  const host = fakeHost('bastion-1')
    .expect(asks, says('1.33.0'))
    .expect('uname -m', { stdout: 'x86_64\n' })
    .expect(/curl .* http:\/\/10.0.0.1:8080\/dl.k8s.io\/release\/v1.34.4\/bin\/linux\/amd64\/kubectl$/)
    .expect(new RegExp(sum))
    .expect(/install -m 0755/)
    .expect(asks, says('1.34.4'));
  expect(await kubectl(vars, host)).toMatchObject({ changed: true });
  host.verify();
});

test('a kubectl with another checksum is not installed', async () => {
  const host = fakeHost('bastion-1')
    .expect(asks, { code: 127 })
    .expect('uname -m', { stdout: 'aarch64\n' })
    .expect(/curl .*\/arm64\/kubectl$/)
    .expect(new RegExp(sum), { code: 3, stdout: 'b'.repeat(64) });
  expect(await failureOf(kubectl({ kubectl_binary_checksum: sum }, host))).toMatchObject({
    type: 'ProblemFound',
  });
});
