import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  renderEtcdProxy,
  renderEtcdProxyUnits,
  testableEtcdProxy,
} from '../../../cluster/render/etcd-proxy.ts';
import { etcdProxyInput } from './inputs.ts';

const present = (await execa('haproxy', ['-v'], { reject: false })).exitCode === 0;
const calm = { ...etcdProxyInput, timings: 'calm' as const };

describe('renderEtcdProxy', () => {
  it('renders fast timings', async () => {
    await expect(renderEtcdProxy(etcdProxyInput, 'master-1')).toMatchFileSnapshot('golden/etcd-proxy.cfg');
  });

  it('renders calm timings', async () => {
    await expect(renderEtcdProxy(calm, 'master-1')).toMatchFileSnapshot('golden/etcd-proxy-calm.cfg');
  });

  it('leaves nothing to test that is not there before the unit runs', () => {
    const tested = testableEtcdProxy(renderEtcdProxy(etcdProxyInput, 'master-1'));
    expect(tested).not.toMatch(/fd@|\.pem/);
    expect(tested).toContain('bind 127.0.0.1:12379\n');
  });
});

describe('renderEtcdProxyUnits', () => {
  it.each(renderEtcdProxyUnits('master-1'))('renders $path', async ({ path, content }) => {
    await expect(content).toMatchFileSnapshot(`golden/${basename(path)}`);
  });

  it('names the host’s own certificate, and no other', () => {
    const text = renderEtcdProxyUnits('worker-2').map(({ content }) => content);
    expect(new Set(text.join('\n').match(/node-[\w-]+\.pem/g))).toEqual(
      new Set(['node-worker-2.pem', 'node-worker-2-key.pem']),
    );
  });
});

describe.skipIf(!present)('haproxy -c', () => {
  let dir: string;
  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'holdfast-haproxy-'));
  });
  afterAll(() => rm(dir, { recursive: true }));

  it.each([
    ['fast', etcdProxyInput],
    ['calm', calm],
  ])('accepts %s timings without a warning', async (_, input) => {
    const file = join(dir, 'haproxy.cfg');
    await writeFile(file, testableEtcdProxy(renderEtcdProxy(input, 'master-1')));
    const { exitCode, all } = await execa('haproxy', ['-c', '-f', file], { reject: false, all: true });
    expect({ exitCode, warnings: all.match(/(WARNING|ALERT).*/g) }).toEqual({ exitCode: 0, warnings: null });
  });
});
