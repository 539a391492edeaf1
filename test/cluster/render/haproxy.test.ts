import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { renderHaproxy } from '../../../cluster/render/haproxy.ts';
import { balancerInput, calmInternalOnly } from './inputs.ts';

const present = (await execa('haproxy', ['-v'], { reject: false })).exitCode === 0;
const socket = '/run/haproxy/admin.sock';
const { loadBalancer } = balancerInput;
const external = loadBalancer.external!;

describe('renderHaproxy', () => {
  it('renders both addresses with fast timings', async () => {
    await expect(renderHaproxy(balancerInput, 'lb-1', socket)).toMatchFileSnapshot('golden/haproxy.cfg');
  });

  it('renders the internal address alone with calm timings', async () => {
    await expect(renderHaproxy(calmInternalOnly, 'lb-2', socket)).toMatchFileSnapshot(
      'golden/haproxy-calm.cfg',
    );
  });

  it('keeps the API inside unless the spec says who may come', () => {
    const { address, routerId, forward, apiAllow } = external;
    const withoutPort = {
      ...balancerInput,
      loadBalancer: { ...loadBalancer, external: { address, routerId, forward, apiAllow } },
    };
    const withoutList = {
      ...balancerInput,
      loadBalancer: { ...loadBalancer, external: { ...external, apiAllow: [] } },
    };
    expect(renderHaproxy(withoutPort, 'lb-1', socket)).not.toContain('api-external');
    expect(renderHaproxy(withoutList, 'lb-1', socket)).not.toContain('api-external');
  });

  it('differs between the two load balancers by the name alone', () => {
    const [one, two] = ['lb-1', 'lb-2'].map((self) => renderHaproxy(balancerInput, self, socket));
    expect(one!.replaceAll('lb-1', 'lb-2')).toBe(two);
  });
});

describe.skipIf(!present)('haproxy -c', () => {
  let dir: string;
  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'holdfast-haproxy-'));
  });
  afterAll(() => rm(dir, { recursive: true }));

  it.each([
    ['both addresses', balancerInput],
    ['the internal address alone', calmInternalOnly],
  ])('accepts %s without a warning', async (_, input) => {
    const file = join(dir, 'haproxy.cfg');
    await writeFile(file, renderHaproxy(input, 'lb-1', socket));
    const { exitCode, all } = await execa('haproxy', ['-c', '-f', file], { reject: false, all: true });
    expect({ exitCode, warnings: all.match(/(WARNING|ALERT).*/g) }).toEqual({ exitCode: 0, warnings: null });
  });
});
