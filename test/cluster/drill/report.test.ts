import { describe, expect, it } from 'vitest';
import { reportMarkdown } from '../../../cluster/drill/markdown.ts';
import { lastFailed, reportOf } from '../../../cluster/drill/report.ts';
import type { ReportInput } from '../../../cluster/drill/report.ts';
import { outageSvg } from '../../../cluster/drill/svg.ts';
import { probeLog, start } from './logs.ts';

/** A short outage with everything that a report can hold. */
const short: ReportInput = {
  cluster: 'demo',
  story: 'etcd',
  what: 'etcd-2, the leader, <silent> & alone',
  marks: { fault: start + 10_000, restored: start + 25_000 },
  events: [{ at: start + 12_000, what: 'etcd-1 leads' }],
  logs: [
    probeLog('bastion-1', 40, [
      { stream: 0, from: 10, to: 10.3 },
      { stream: 1, from: 10, to: 11.2, error: 'answer timeout' },
      { stream: 1, from: 11.2, to: 11.3, error: 'HTTP 503' },
      { stream: 1, from: 25.1, to: 25.3 },
    ]),
    { ...probeLog('worker-3', 30), stalls: [{ at: start + 20_000, ms: 612 }] },
  ],
};
/** One that fills the picture; nothing was put back, and a prober was cut off. */
const long: ReportInput = {
  cluster: 'demo',
  story: 'all-masters',
  what: 'master-1, master-2 and master-3 off',
  marks: { fault: start + 5000 },
  events: [],
  logs: [
    (({ client, streams, every, tries, stalls }) => ({ client, streams, every, tries, stalls }))(
      probeLog('bastion-1', 60, [
        { stream: 0, from: 5, to: 31.5 },
        { stream: 1, from: 5, to: 32.25 },
      ]),
    ),
  ],
};

describe('a report', () => {
  it('of a short outage', async () => {
    await expect(reportMarkdown(short)).toMatchFileSnapshot('golden/short.md');
    await expect(outageSvg(short)).toMatchFileSnapshot('golden/short.svg');
    await expect(JSON.stringify(reportOf(short), null, 2)).toMatchFileSnapshot('golden/short.json');
  });

  it('of a long one', async () => {
    await expect(reportMarkdown(long)).toMatchFileSnapshot('golden/long.md');
    await expect(outageSvg(long)).toMatchFileSnapshot('golden/long.svg');
  });

  it('names the worst of all clients, and nothing where nothing failed', () => {
    expect(lastFailed(reportOf(short), 'read')).toBe(0.2);
    expect(lastFailed(reportOf(short), 'write')).toBe(1.25);
    expect(lastFailed(reportOf({ ...short, logs: [probeLog('bastion-1', 40)] }), 'write')).toBeNull();
  });

  it('stays a small picture however often answers and failures take turns', () => {
    const failures = Array.from({ length: 3000 }, (_, i) => ({
      stream: i % 2,
      from: i * 0.2,
      to: i * 0.2 + 0.1,
    }));
    const picture = outageSvg({ ...short, logs: [probeLog('bastion-1', 600, failures)] });
    expect(picture.length).toBeLessThan(500_000);
  });

  it('says so where nothing was tried', () => {
    expect(reportMarkdown({ ...short, logs: [] })).toContain('No read was tried. No write was tried.');
    expect(outageSvg({ ...short, logs: [] })).toContain('</svg>');
  });
});
