import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { checkApiServer } from '../../activities/check-api-server.ts';
import { callStep, failureOf } from './call-step.ts';
import { LocalHost } from './local-host.ts';
import { put, standIns } from './pki-fixture.ts';

let host: LocalHost;
beforeAll(async () => {
  host = await LocalHost.make('worker-1');
  standIns(host.path('/var/bin'), { sleep: 'true' });
});
afterAll(() => host.remove());
beforeEach(() => put(host, '/var/asked', ''));

/** Answers by the nth time that it is asked. */
const answers = (script: string) =>
  standIns(host.path('/var/bin'), {
    curl: `echo "$*" >> ${host.path('/var/asked')}; n=$(wc -l < ${host.path('/var/asked')}); ${script}`,
  });
const check = () => callStep(checkApiServer, { server: 'https://192.0.2.41:6443' }, [host]);

test('an API server that is ready at its third answer is ready', async () => {
  answers('[ "$n" -ge 3 ] && printf ok || printf "[-]etcd failed"');
  expect(await check()).toEqual({ changed: false, summary: 'https://192.0.2.41:6443 is ready' });
});

test('one that says which check fails is quoted', async () => {
  answers('printf "[-]etcd failed: reason withheld"');
  expect(await failureOf(check())).toMatchObject({
    type: 'NotYet',
    message: expect.stringContaining('asked from worker-1: [-]etcd failed: reason withheld') as string,
  });
});

test('one that does not answer is not ready; and no proxy of the environment is asked', async () => {
  answers('case $* in *--noproxy*) exit 7;; *) printf ok;; esac');
  expect(await failureOf(check())).toMatchObject({
    type: 'NotYet',
    message: expect.stringContaining('no answer') as string,
  });
});

test('behind a load balancer that is not holdfast’s, the backend that it must know is named', async () => {
  answers('exit 7');
  const backend = { name: 'worker-1', address: '10.0.0.41' };
  const { detail } = await failureOf(
    callStep(checkApiServer, { server: 'https://172.16.0.10:6443', backend }, [host]),
  );
  expect(detail['next']).toContain('is worker-1 (10.0.0.41:6443) one of its backends');
  expect(detail['next']).not.toContain('haproxy');
});
