import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { keepReport } from '../../../client/drill/keep-report.ts';
import type { DrillStatus } from '../../../cluster/drill/status.ts';

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'report-'))));
afterEach(() => rmSync(folder, { recursive: true }));

const status = {
  ...{ workflowType: 'drill', runId: '1', cluster: 'demo', story: 'etcd', state: 'done', what: 'etcd-2' },
  ...{ hosts: ['etcd-2'], problems: [], markdown: '# etcd\n', svg: '<svg/>' },
  report: { fault: '2026-11-25T03:00:10.000Z', outages: [] },
} as unknown as DrillStatus;

it('puts text, figures and picture where the person is, and says where', async () => {
  const into = join(folder, 'here');
  expect(await keepReport(status, into)).toEqual(
    ['report.md', 'report.json', 'report.svg'].map((name) => join(into, name)),
  );
  expect(readFileSync(join(into, 'report.md'), 'utf8')).toBe('# etcd\n\n![the outage](report.svg)\n');
  expect(readFileSync(join(into, 'report.json'), 'utf8')).toContain('"outages": []');
  expect(readFileSync(join(into, 'report.svg'), 'utf8')).toBe('<svg/>');
  // One that is fetched again is the same.
  await keepReport(status, into);
  expect(readdirSync(into)).toHaveLength(3);
});

it('makes a folder of its own for each drill where none is named', async () => {
  const before = process.cwd();
  process.chdir(folder);
  try {
    await keepReport(status);
  } finally {
    process.chdir(before);
  }
  expect(readdirSync(folder)).toEqual(['drill-demo-etcd-2026-11-25T03-00-10Z']);
});

it('puts nothing where no report was written', async () => {
  expect(
    await keepReport({ ...status, report: undefined } as unknown as DrillStatus, join(folder, 'here')),
  ).toBeUndefined();
  expect(readdirSync(folder)).toEqual([]);
});
