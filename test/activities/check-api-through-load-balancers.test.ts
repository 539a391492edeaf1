import { expect, test } from 'vitest';
import { checkApiThroughLoadBalancers } from '../../activities/check-api-through-load-balancers.ts';
import type { FakeAnswer, FakeHost } from '../../hosts/fake.ts';
import { fakeHost } from '../../hosts/fake.ts';
import { failureOf } from './call-step.ts';
import { runStep } from './run-step.ts';

const internal = { address: '192.0.2.10', port: 6443 };
const external = { address: '198.51.100.10', apiPort: 6443 };
const ok = { stdout: 'ok' };

/** Answers at the internal and at the external address. */
function host(name: string, inside: FakeAnswer, outside: FakeAnswer, probe: FakeAnswer = outside): FakeHost {
  return fakeHost(name)
    .on(/get --raw \/readyz.*https:\/\/192\.0\.2\.10:6443\/readyz/, inside)
    .on(/get --raw \/readyz.*https:\/\/198\.51\.100\.10:6443\/readyz/, outside)
    .on(/^curl -ksS -o \/dev\/null .*198\.51\.100\.10/, probe);
}
const check = (
  bastion: FakeHost,
  worker: FakeHost,
  more: object = { allowedFrom: 'bastion-1', refusedFrom: 'worker-1' },
) =>
  runStep(checkApiThroughLoadBalancers, { loadBalancer: { internal, external } as never, ...more }, [
    bastion,
    worker,
  ]);
const refused = (code: number) => host('worker-1', ok, { code });

test('the API answers through both addresses to whom it may, and to nobody else', async () => {
  expect(await check(host('bastion-1', ok, ok), refused(7))).toEqual({
    changed: false,
    summary:
      'the API answers through 192.0.2.10:6443; through 198.51.100.10:6443 from bastion-1; worker-1, which apiAllow does not name, is refused there',
  });
});

test('where nobody of the cluster may or must not ask outside, the internal address alone is asked', async () => {
  expect(await check(host('bastion-1', ok, { code: 1 }), refused(0), {})).toMatchObject({
    summary: 'the API answers through 192.0.2.10:6443',
  });
});

test.each([
  [
    'internal',
    host('bastion-1', { code: 1, stderr: 'connection refused' }, ok),
    '192.0.2.10:6443: .*connection refused',
  ],
  [
    'external',
    host('bastion-1', ok, { code: 0, stdout: '[-]etcd failed' }),
    '198.51.100.10:6443: \\[-\\]etcd failed',
  ],
])('an %s address that does not answer is named, with what was said', async (_which, bastion, why) => {
  const { type, message } = await failureOf(check(bastion, refused(7)));
  expect(type).toBe('NotYet');
  expect(message).toMatch(new RegExp(`does not answer through ${why}`));
});

test.each([7, 28, 35, 52, 56])('curl’s exit code %i is a refusal', async (code) => {
  expect(await check(host('bastion-1', ok, ok), refused(code))).toMatchObject({ changed: false });
});

test.each([
  [0, '401'],
  [6, '000'],
])(
  'exit code %i is none: a person is told that the door stands open, or that nothing is known',
  async (code, stdout) => {
    expect(
      await failureOf(check(host('bastion-1', ok, ok), host('worker-1', ok, { code, stdout }))),
    ).toMatchObject({
      type: 'ProblemFound',
      message: expect.stringContaining(`(curl ${code}, HTTP ${stdout})`) as string,
    });
  },
);

test('a load balancer that is not holdfast’s is for its owner to look at', async () => {
  const { detail } = await failureOf(
    runStep(checkApiThroughLoadBalancers, { loadBalancer: { existing: true, replicated: true, internal } }, [
      host('bastion-1', { code: 1, stderr: 'connection refused' }, ok),
    ]),
  );
  expect(detail['next']).toMatch(/the spec calls existing: its backends are every control-plane node/);
});
