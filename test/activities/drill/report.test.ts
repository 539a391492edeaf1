import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { WrittenReport } from '../../../activities/write-drill-report.ts';
import { writeDrillReport } from '../../../activities/write-drill-report.ts';
import { earliestMark, mark } from '../../../activities/drill/marks.ts';
import { proberJob } from '../../../activities/drill/prober.ts';
import type { Report } from '../../../cluster/drill/report.ts';
import { callStep } from '../call-step.ts';
import { LocalHost } from '../local-host.ts';

const change = '01a225b8-89ab-7def-8123-456701234567';
const folder = '/var/lib/holdfast/demo/drills/01234567';
const job = proberJob('demo', change);
const signal = new AbortController().signal;
const start = Date.UTC(2026, 10, 25, 3);

let bastion: LocalHost;
beforeEach(async () => {
  bastion = (await LocalHost.make('bastion-1')).on(/^kubectl .* delete namespace holdfast-drill/, {});
});
afterEach(() => bastion.remove());

function put(path: string, content: string): void {
  const file = bastion.path(path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, content);
}

/** A prober that ran for 20 s; all tries from 5 s to 6 s failed. */
function putLog(): void {
  const lines: object[] = [
    { client: 'bastion-1', every: 0.1, limit: 1, streams: [{ address: 'internal', kind: 'write' }] },
  ];
  for (let at = start; at < start + 20_000; at += 100)
    lines.push({
      ...{ s: 0, at, ms: 5, late: 0 },
      ...(at >= start + 5000 && at < start + 6000 && { ms: 1000, error: 'connect timeout' }),
    });
  lines.push({ end: start + 21_000 });
  put(`/run/holdfast/${job}/log`, lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
  put(`/run/holdfast/${job}/started/x`, '');
  put(`/run/holdfast/${job}/rc`, '0\n');
}

const run = async () =>
  callStep<'write-drill-report', WrittenReport>(
    writeDrillReport,
    { story: 'etcd', what: 'etcd-2 falls silent' },
    [bastion],
  );
const read = (name: string) => readFileSync(bastion.path(`${folder}/${name}`), 'utf8');

describe('write-drill-report', () => {
  it('makes figures, text and picture of what the prober saw, and leaves nothing else', async () => {
    putLog();
    put(`${folder}/mark-fault-etcd-2`, `${start + 4950}\n`);
    put(`${folder}/mark-back-etcd-2`, `${start + 15_000}\n`);
    const { report, markdown, svg, folder: where } = await run();
    expect(where).toBe(folder);
    expect(report).toMatchObject({
      ...{ cluster: 'demo', story: 'etcd', what: 'etcd-2 falls silent', restored: 10.05, cutOff: [] },
      outages: [{ kind: 'write', fault: { failed: 10, first: 0.05, last: 0.95 }, restored: { failed: 0 } }],
    });
    expect(JSON.parse(read('report.json')) as Report).toEqual(report);
    expect(read('report.md')).toBe(markdown);
    expect(read('report.svg')).toBe(svg);
    expect(read('report.svg')).toContain('<svg');
    expect(statSync(bastion.path(`${folder}/report.md`)).mode & 0o777).toBe(0o600);
    expect(() => statSync(bastion.path('/run/holdfast'))).toThrow('ENOENT');
    expect(bastion.done.some((what) => what.includes('delete namespace holdfast-drill'))).toBe(true);
  });

  it('is written once: a second attempt tells what the first one wrote', async () => {
    putLog();
    put(`${folder}/mark-fault-etcd-2`, `${start + 4950}\n`);
    const first = await run();
    expect(await run()).toEqual({ ...first, changed: false, summary: 'the report is written' });
  });

  it('says so where nothing was broken, and where no prober ran', async () => {
    putLog();
    expect((await run()).report).toMatchObject({ fault: new Date(start).toISOString(), events: [] });
    bastion.remove();
    bastion = (await LocalHost.make('bastion-1')).on(/^kubectl .* delete namespace holdfast-drill/, {});
    expect((await run()).markdown).toContain('No write was tried.');
  });

  it('does not fail where the API does not take the probers’ objects away', async () => {
    putLog();
    bastion.on(/delete namespace/, { code: 1, stderr: 'no route to host' });
    expect((await run()).summary).toContain('the namespace holdfast-drill is still there');
  });
});

describe('a mark', () => {
  it('is made once, and the earliest of all hosts counts', async () => {
    const first = await mark(bastion, folder, 'fault-master-1', signal);
    expect(Math.abs(first - Date.now())).toBeLessThan(60_000);
    expect(await mark(bastion, folder, 'fault-master-1', signal)).toBe(first);
    expect(await mark(bastion, folder, 'fault-master-2', signal)).toBeGreaterThanOrEqual(first);
    expect(await earliestMark(bastion, folder, 'fault', signal)).toBe(first);
    expect(await earliestMark(bastion, folder, 'back', signal)).toBeUndefined();
  });
});
