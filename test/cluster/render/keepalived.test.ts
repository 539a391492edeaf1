import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { renderHaproxyCheck, renderKeepalived } from '../../../cluster/render/keepalived.ts';
import type { BalancerInput } from '../../../cluster/steps.ts';
import { balancerInput, calmInternalOnly } from './inputs.ts';

const present = (await execa('keepalived', ['--version'], { reject: false })).exitCode === 0;
// keepalived refuses a loopback interface, and one that is not there.
const link = Object.keys(networkInterfaces()).find((name) => name !== 'lo');
const check = '/usr/local/lib/holdfast/check-haproxy';
const render = (input: BalancerInput, self: string, networkInterface = 'eth0') =>
  renderKeepalived(input, self, { networkInterface, check });
const many = (count: number): BalancerInput => ({
  ...balancerInput,
  balancers: Array.from({ length: count }, (_, i) => ({ name: `lb-${i + 1}`, address: `10.0.0.${i + 11}` })),
});
const priorities = (text: string) => [...text.matchAll(/priority (\d+)$/gm)].map((match) => Number(match[1]));

describe('renderKeepalived', () => {
  it('renders two instances with fast timings', async () => {
    await expect(render(balancerInput, 'lb-1')).toMatchFileSnapshot('golden/keepalived.conf');
  });

  it('renders the internal address alone with calm timings', async () => {
    await expect(render(calmInternalOnly, 'lb-2', 'ens3')).toMatchFileSnapshot('golden/keepalived-calm.conf');
  });

  it('gives each load balancer one address to prefer', () => {
    expect(priorities(render(balancerInput, 'lb-1'))).toEqual([150, 100]);
    expect(priorities(render(balancerInput, 'lb-2'))).toEqual([100, 150]);
  });

  it.each([1, 2, 3, 4, 5, 20])('gives each of %i load balancers a priority of its own, in order', (count) => {
    const input = many(count);
    const all = input.balancers.map(({ name }) => priorities(render(input, name)));
    const internal = all.map(([first]) => first!);
    expect(internal).toEqual([...new Set(internal)].toSorted((a, b) => b - a));
    expect(internal[0]).toBeLessThanOrEqual(254);
    expect(internal.at(-1)).toBeGreaterThanOrEqual(1);
    expect(all.map(([, second]) => second)).toEqual(internal.toReversed());
  });

  it('says nothing of unicast where there is no peer', () => {
    const text = render(many(1), 'lb-1');
    expect(text).not.toContain('unicast');
    expect(text).toContain('mcast_src_ip 10.0.0.11');
  });

  it('refuses a host that is no load balancer', () => {
    expect(() => render(balancerInput, 'master-1')).toThrow(/master-1 is none of/);
  });

  it('renders a check that ends before keepalived ends it', async () => {
    await expect(renderHaproxyCheck('fast')).toMatchFileSnapshot('golden/check-haproxy.sh');
    expect(renderHaproxyCheck('calm')).toContain('--max-time 1.8 ');
  });
});

describe.skipIf(!present || !link)('keepalived --config-test', () => {
  let dir: string;
  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'holdfast-keepalived-'));
    await writeFile(join(dir, 'check'), renderHaproxyCheck('fast'), { mode: 0o755 });
  });
  afterAll(() => rm(dir, { recursive: true }));

  it.each([
    ['both addresses', balancerInput],
    ['the internal address alone', calmInternalOnly],
    ['the only load balancer', many(1)],
    ['the last of four load balancers', many(4), 'lb-4'],
    ['the last of twenty load balancers', many(20), 'lb-20'],
  ])('accepts %s without a word', async (_, input, self = 'lb-1') => {
    const file = join(dir, 'keepalived.conf');
    const here = { networkInterface: link!, check: join(dir, 'check'), scriptUser: 'root' } as const;
    const config = renderKeepalived(input, self, here);
    await writeFile(file, config);
    const { exitCode, all } = await execa('keepalived', ['--config-test', '-f', file], {
      reject: false,
      all: true,
    });
    expect({ exitCode, said: all }).toEqual({ exitCode: 0, said: '' });
  });
});
