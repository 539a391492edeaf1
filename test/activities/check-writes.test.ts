import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { checkWrites } from '../../activities/check-writes.ts';
import { callStep, failureOf } from './call-step.ts';
import { LocalHost } from './local-host.ts';
import { put, standIns } from './pki-fixture.ts';

let bastion: LocalHost;
beforeAll(async () => {
  bastion = await LocalHost.make('bastion-1');
});
afterAll(() => bastion.remove());
beforeEach(() => put(bastion, '/var/object', ''));

/** An API that keeps one object; `before` may refuse or lie. */
const api = (before = '') =>
  standIns(bastion.path('/var/bin'), {
    kubectl: `object=${bastion.path('/var/object')}
${before}
case $* in
*' delete '*) : > "$object";;
*' create '*) for last; do :; done; printf %s "\${last#--from-literal=value=}" > "$object";;
*' get '*) cat "$object";;
*) exit 64;;
esac`,
  });
const addresses = ['192.0.2.10:6443', '198.51.100.10:6443'];
const check = () => callStep(checkWrites, { addresses }, [bastion]);

test('an object is written, read back and deleted through each address', async () => {
  api();
  expect(await check()).toEqual({
    changed: false,
    summary: 'written, read and deleted through 192.0.2.10:6443 and 198.51.100.10:6443',
  });
});

test('an address that answers reads and no writes is named, with what it said', async () => {
  api(`case $* in *198.51.100.10*' create '*) echo 'etcdserver: no leader' >&2; exit 1;; esac`);
  expect(await failureOf(check())).toMatchObject({
    type: 'NotYet',
    message: expect.stringMatching(/through 198\.51\.100\.10:6443 .*etcdserver: no leader/) as string,
  });
});

test('a value that is not the one written is no success', async () => {
  api(`case $* in *' get '*) printf 'an older one'; exit 0;; esac`);
  expect(await failureOf(check())).toMatchObject({
    type: 'NotYet',
    message: expect.stringContaining('an older one') as string,
  });
});
