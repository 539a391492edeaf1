import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');

test('docs/operations.md says of every reason to wait what a person does', () => {
  const union = /export type WaitReason =([^;]+);/.exec(
    read('cluster/failover/decision.ts').replaceAll(/\/\/.*$/gm, ''),
  )?.[1];
  const reasons = [...(union ?? '').matchAll(/'([a-z-]+)'/g)].map(([, reason]) => reason);
  expect(reasons.length).toBeGreaterThan(10);
  const rows = [...read('docs/operations.md').matchAll(/^\| `([a-z-]+)` \| .{20,} \| .{20,} \|$/gm)];
  expect(rows.map(([, reason]) => reason).toSorted()).toEqual(reasons.toSorted());
});
