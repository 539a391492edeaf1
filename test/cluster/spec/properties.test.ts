/* eslint-disable @typescript-eslint/no-unsafe-member-access, @typescript-eslint/no-unsafe-call, @typescript-eslint/no-unsafe-assignment -- edits write what no type allows */
import fc from 'fast-check';
import { dump, load } from 'js-yaml';
import { describe, expect, it } from 'vitest';
import { plan } from '../../../cluster/plan.ts';
import { changes } from '../../../cluster/changes.ts';
import { parseSpec } from '../../../cluster/spec/index.ts';
import { clusterOf, exampleText, mistakesOf } from '../example.ts';
import type { LooseSpec } from '../edited.ts';

const lines = exampleText('twelve-hosts').split('\n');

/** Errors with a place inside the text, or a Cluster. */
function expectAnswer(text: string): void {
  const parsed = parseSpec(text, 'f');
  if (!('errors' in parsed)) return void plan(parsed.cluster);
  expect(parsed.errors.length).toBeGreaterThan(0);
  const rows = text.split(/\r\n|\n|\r/);
  for (const { line, column, message } of parsed.errors) {
    expect(line).toBeGreaterThan(0);
    expect(line).toBeLessThanOrEqual(rows.length);
    expect(column).toBeGreaterThan(0);
    expect(column).toBeLessThanOrEqual((rows[line - 1] as string).length + 1);
    expect(message.length).toBeLessThan(1000);
  }
}

describe('parseSpec answers', () => {
  it('any text with errors in place or a Cluster, and never throws', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 200 }), expectAnswer), { numRuns: 150 });
    const yamlish = fc.array(fc.constantFrom(...'{}[]:,-?&*!|>"\'# \n\tab1~'), { maxLength: 60 });
    fc.assert(
      fc.property(yamlish, (chars) => expectAnswer(chars.join(''))),
      { numRuns: 100 },
    );
  });

  it('a spec with any line gone, doubled or swapped', () => {
    const index = fc.nat(lines.length - 1);
    fc.assert(
      fc.property(index, index, fc.boolean(), (one, other, twice) => {
        const text = lines
          .toSpliced(one, twice ? 0 : 1, ...(twice ? [lines[other] as string] : []))
          .join('\n');
        expectAnswer(text);
      }),
      { numRuns: 150 },
    );
  });

  it('a spec with any value replaced by any other', () => {
    const spec: LooseSpec = load(exampleText('twelve-hosts'));
    const places = leaves(spec);
    fc.assert(
      fc.property(fc.constantFrom(...places), fc.json({ maxDepth: 2 }), (place, json) => {
        const copy: LooseSpec = structuredClone(spec);
        const holder: LooseSpec = place
          .slice(0, -1)
          .reduce((inner, key) => (inner as LooseSpec)[key] as unknown, copy as unknown);
        holder[place.at(-1) as string] = JSON.parse(json);
        expectAnswer(dump(copy));
      }),
      { numRuns: 100 },
    );
  });
});

/** Sound specs: any number of hosts of each kind, their faults accepted. */
const soundSpec = fc
  .record({
    masters: fc.integer({ min: 1, max: 4 }),
    members: fc.constantFrom(0, 1, 3, 5),
    workers: fc.integer({ min: 1, max: 7 }),
    balancers: fc.integer({ min: 0, max: 3 }),
    bastions: fc.integer({ min: 1, max: 2 }),
    network: fc.constantFrom('flannel', 'calico', 'cilium', 'cni'),
    nfs: fc.constantFrom(undefined, 'outside', 'host'),
    api: fc.boolean(),
  })
  .map((pick): LooseSpec => {
    const hosts: LooseSpec[] = [];
    const add = (kind: string, count: number, role: string) => {
      for (let i = 1; i <= count; i += 1)
        hosts.push({ name: `${kind}-${i}`, address: `10.0.0.${hosts.length + 10}`, roles: [role] });
    };
    add('bastion', pick.bastions, 'bastion');
    add('lb', pick.balancers, 'load-balancer');
    add('etcd', pick.members, 'etcd');
    add('master', pick.masters, 'control-plane');
    add('worker', pick.workers, 'worker');
    if (pick.nfs === 'host') add('nfs', 1, 'nfs-server');
    // Stacked: etcd on the first control-plane node.
    if (pick.members === 0) hosts.find(({ name }: LooseSpec) => name === 'master-1').roles.push('etcd');
    const external = pick.api
      ? { address: '10.0.0.201', apiPort: 6443, apiAllow: ['10.0.0.0/24'] }
      : { address: '10.0.0.201' };
    const base = {
      cluster: 'any',
      ssh: { user: 'u' },
      hosts,
      ...(pick.balancers > 0 && { loadBalancer: { internal: { address: '10.0.0.200' }, external } }),
      kubernetes: { version: '1.34.4', network: pick.network },
      backup: { recipients: (load(exampleText('small')) as LooseSpec).backup.recipients },
      ...(pick.nfs && {
        storage: { nfs: { server: pick.nfs === 'host' ? 'nfs-1' : '10.0.1.1', path: '/x' } },
      }),
    };
    const needed = mistakesOf(dump(base)).flatMap((line) => /failure: ([a-z-]+)/.exec(line)?.[1] ?? []);
    return { ...base, singlePointsOfFailure: needed };
  });

describe('a sound spec, whatever its shape,', () => {
  it('becomes a Cluster that is plain data, the same each time, with a plan of its own hosts', () => {
    fc.assert(
      fc.property(soundSpec, (spec) => {
        const cluster = clusterOf(dump(spec));
        expect(JSON.parse(JSON.stringify(cluster))).toEqual(cluster);
        expect(clusterOf(JSON.stringify(spec))).toEqual(cluster);
        expect(changes(cluster, clusterOf(dump(spec)))).toEqual([]);
        const { phases, targets } = plan(cluster);
        const steps = phases.flatMap((phase) => phase.steps);
        expect(new Set(steps.map(({ id, host }) => `${id} ${host}`)).size).toBe(steps.length);
        for (const { host, others } of steps)
          for (const name of [host, ...(others === 'all' ? [] : (others ?? []))])
            expect(targets).toHaveProperty(name);
      }),
      { numRuns: 30 },
    );
  });

  it('has exactly the error of each acceptance that is taken away', () => {
    fc.assert(
      fc.property(soundSpec, fc.nat(), (spec, pick) => {
        const accepted: string[] = spec.singlePointsOfFailure;
        fc.pre(accepted.length > 0);
        const gone = accepted[pick % accepted.length] as string;
        const rest = accepted.filter((component) => component !== gone);
        expect(mistakesOf(dump({ ...spec, singlePointsOfFailure: rest }))).toEqual([
          expect.stringContaining(`single point of failure: ${gone}:`),
        ]);
      }),
      { numRuns: 30 },
    );
  });
});

function leaves(value: unknown, path: (string | number)[] = []): (string | number)[][] {
  if (typeof value !== 'object' || value === null) return [path];
  return [
    ...(path.length > 0 ? [path] : []),
    ...Object.entries(value).flatMap(([key, inner]) => leaves(inner, [...path, key])),
  ];
}
