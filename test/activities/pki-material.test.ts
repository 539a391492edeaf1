import { readFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import { whyUnfit } from '../../activities/pki-material.ts';
import { LocalHost } from './local-host.ts';
import { makeControlPlane } from './pki-fixture.ts';

let host: LocalHost;
const names = ['ca.crt', 'ca.key', 'front-proxy-ca.crt', 'front-proxy-ca.key', 'sa.key', 'sa.pub'];
const pki = () =>
  new Map(names.map((name) => [`ssl/${name}`, readFileSync(host.path(`/etc/kubernetes/ssl/${name}`))]));
const ownCa = () => pki().get('ssl/ca.crt')?.toString() ?? '';

beforeAll(async () => {
  host = await LocalHost.make('master-1');
  await makeControlPlane(host);
});
afterAll(() => host.remove());
afterEach(() => void vi.useRealTimers());

test('keys of the candidate’s own cluster, whole, are fit', () => {
  expect(whyUnfit(pki(), ownCa())).toBeUndefined();
});

test.each(names)('without %s it is unfit, and that is said', (name) => {
  const files = pki();
  files.delete(`ssl/${name}`);
  expect(whyUnfit(files, ownCa())).toBe(`it lacks ssl/${name}`);
});

test.each(names)('a %s that is cut off is unfit, and nothing of it is shown', (name) => {
  const files = pki();
  const content = files.get(`ssl/${name}`) ?? Buffer.alloc(0);
  files.set(`ssl/${name}`, content.subarray(0, content.length / 2));
  expect(whyUnfit(files, ownCa())).toBe(
    'one of its keys or certificates, or the cluster’s ca.crt, cannot be read',
  );
});

test('another CA than the cluster’s is unfit', () => {
  const other = pki().get('ssl/front-proxy-ca.crt')?.toString() ?? '';
  expect(whyUnfit(pki(), other)).toBe('its CA is not the cluster’s');
});

test('a candidate without a CA tells nothing', () => {
  expect(whyUnfit(pki(), '')).toContain('cannot be read');
});

test('a CA that has expired is unfit', () => {
  vi.setSystemTime(new Date('2090-01-01'));
  expect(whyUnfit(pki(), ownCa())).toBe('ssl/ca.crt has expired');
});
