import { beforeEach, expect, test } from 'vitest';
import { checkHaRules } from '../../activities/check-ha-rules.ts';
import type { HaRulesInput } from '../../cluster/steps.ts';
import { type FakeHost, fakeHost } from '../../hosts/fake.ts';
import { failureOf } from './call-step.ts';
import { runStep } from './run-step.ts';

const files = [
  ...['ca.crt', 'ca.key', 'front-proxy-ca.crt', 'front-proxy-ca.key', 'sa.key', 'sa.pub'].map(
    (name) => `etc/kubernetes/ssl/${name}`,
  ),
  'etc/kubernetes/kubeadm-config.yaml',
];
const images = ['apiserver', 'controller-manager', 'scheduler'].map((name) => `registry.k8s.io/kube-${name}`);
const current = 'c'.repeat(64);
const name = 'pki-20261124T042814Z.tar.gz.age';
const backup = (fingerprint: string) => ({ stdout: `${name} 5 ${fingerprint} for age1x\n` });
const looksForBackup = /^cd \/var\/lib\/holdfast\/demo\/backups .*for kind in etcd pki/;

let bastion: FakeHost;
let masters: FakeHost[];
let workers: FakeHost[];
const master = (host: string, fingerprint: string) =>
  fakeHost(host)
    .on(/^cd \/ && \{ ls -d /, { stdout: files.join('\n') })
    .on(/^cd \/ && find .*sha256sum/s, { stdout: `${fingerprint}  -\n` })
    .on(/^cd \/etc\/kubernetes\/manifests && sed/, { stdout: images.join('\n') });
beforeEach(() => {
  bastion = fakeHost('bastion-1')
    .on(/get endpointslices/, {
      // run-step gives every host this address.
      stdout: JSON.stringify({ items: [{ endpoints: [{ addresses: ['192.0.2.1'] }] }] }),
    })
    .on(looksForBackup, backup(current));
  masters = [master('m1', 'd'.repeat(64)), master('m2', current)];
  workers = ['w1', 'w2'].map((host) => fakeHost(host).on(/^crictl version .*inspecti/));
});
const input: HaRulesInput = {
  balancers: [],
  etcd: [],
  controlPlane: ['m1', 'm2'],
  candidates: ['w1', 'w2'],
  accepted: [],
};
const run = (more: Partial<HaRulesInput> = {}) =>
  runStep(checkHaRules, { ...input, ...more }, [bastion, ...masters, ...workers]);

test('what was looked at is said rule by rule, and what was not is not claimed', async () => {
  expect(await run({ accepted: ['bastion'] })).toEqual({
    changed: false,
    summary: `rule 2: 2 API servers are endpoints; rule 3: ${name} holds the PKI as it is, w1 and w2 have the control plane’s images; rule 4: there is no load balancer; accepted in writing: bastion; not looked at: rules 1 and 5`,
  });
});

test('a load balancer that is not holdfast’s is not looked at, and not claimed', async () => {
  const loadBalancer = {
    ...({ existing: true, replicated: true } as const),
    internal: { address: '172.16.0.10', port: 6443 },
  };
  expect((await run({ loadBalancer })).summary).toContain(
    'rule 4: the load balancer is not holdfast’s, and not looked at',
  );
});

test('an API server is an endpoint by what it advertises, wherever SSH reaches its host', async () => {
  const advertised = { m1: '10.0.0.31', m2: '10.0.0.32' };
  const endpoints = (...addresses: string[]) =>
    bastion.on(/get endpointslices/, { stdout: JSON.stringify({ items: [{ endpoints: [{ addresses }] }] }) });
  endpoints('10.0.0.31', '10.0.0.32');
  expect((await run({ advertised })).summary).toContain('rule 2: 2 API servers are endpoints');
  endpoints('192.0.2.1');
  expect((await failureOf(run({ advertised }))).message).toContain(
    'the API server of m1 is no endpoint of the service kubernetes; the API server of m2 is no endpoint',
  );
});

test('without candidates nothing is asked about a promotion', async () => {
  bastion.on(looksForBackup, new Error('it was asked'));
  expect((await run({ candidates: [] })).summary).toContain('rule 3: there is no candidate');
});

test.each([
  ['no backup', { stdout: '' }, 'there is no backup of the PKI on bastion-1'],
  ['a backup of an older PKI', backup('0'.repeat(64)), 'which has changed since'],
])('%s is told', async (_title, answer, told) => {
  bastion.on(looksForBackup, answer);
  const failure = await failureOf(run());
  expect(failure).toMatchObject({ type: 'NotYet' });
  expect(failure.message).toContain(told);
});

test('a PKI that could not be looked at is not called old', async () => {
  masters[1]?.on(/^cd \/ && \{ ls -d /, { code: 1, stderr: 'Input/output error' });
  const failure = await failureOf(run());
  expect(failure.message).toContain('could not be seen: m2: exit code 1: Input/output error');
  expect(failure.message).not.toContain('changed since');
});

test('an image that a candidate lacks is named', async () => {
  workers[1]?.on(/^crictl version .*inspecti/, { stdout: `${images[0]}\n` });
  expect((await failureOf(run())).message).toContain(`the candidate w2 lacks ${images[0]}`);
});
