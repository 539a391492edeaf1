import { looks } from './outage.ts';
import type { Failures, Look, Outage } from './outage.ts';
import type { Report, ReportInput } from './report.ts';
import { lastFailed, reportOf } from './report.ts';
import { spanOf } from './span.ts';

/** Characters of a strip. */
const columns = 100;
const steps = [100, 200, 500, 1000, 2000, 5000, 10_000, 30_000, 60_000];
const signs: Readonly<Record<Look, string>> = { none: ' ', good: '·', mixed: '▒', bad: '█' };

/** The report for people: figures, what happened, and a strip of text for each client. */
export function reportMarkdown(input: ReportInput): string {
  const report = reportOf(input);
  return [
    `# ${report.story}: ${report.what}`,
    '',
    `Cluster ${report.cluster}, fault at ${report.fault}${report.restored === undefined ? '' : `, put back after ${report.restored.toFixed(1)} s`}.`,
    `${verdict(report, 'read')} ${verdict(report, 'write')}`,
    '',
    ...table(report),
    '',
    ...strips(input),
    ...happened(report),
  ].join('\n');
}

function verdict(report: Report, kind: 'read' | 'write'): string {
  const last = lastFailed(report, kind);
  if (!report.outages.some((one) => one.kind === kind)) return `No ${kind} was tried.`;
  return last === null
    ? `No ${kind} failed.`
    : `The last failed ${kind} began ${last.toFixed(2)} s after the fault.`;
}

function table({ outages, restored }: Report): string[] {
  const back = restored === undefined ? [] : ['failed once back'];
  const head = [
    ...['client', 'address', 'kind', 'tries', 'failed before', 'failed', 'first (s)', 'last (s)', 'errors'],
    ...back,
    'longest gap (s)',
  ];
  const rows = outages.map((one) => [
    ...[one.client, one.address, one.kind, one.tries, one.before.failed, one.fault.failed],
    ...[at(one.fault.first), at(one.fault.last), errors(one.fault)],
    ...(restored === undefined ? [] : [returned(one)]),
    one.longestGap.toFixed(2),
  ]);
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`);
}

const at = (value: number | null): string => (value === null ? '–' : value.toFixed(2));

function returned({ restored }: Outage): string {
  return restored.failed === 0 ? '0' : `${restored.failed} (last ${at(restored.last)} s)`;
}

function errors({ errors: counts }: Failures): string {
  const all = Object.entries(counts).sort((a, b) => b[1] - a[1]);
  return all.length === 0 ? '–' : all.map(([error, count]) => `${count} × ${error}`).join(', ');
}

function strips(input: ReportInput): string[] {
  const { from, to } = spanOf(input);
  const width = steps.find((step) => (to - from) / step <= columns) ?? 60_000;
  // The fault stands at the edge of a sign.
  const start = input.marks.fault - Math.ceil((input.marks.fault - from) / width) * width;
  const mark = (time: number | undefined, sign: string, line: string) => {
    if (time === undefined) return line;
    const column = Math.floor((time - start) / width);
    return `${line.padEnd(column).slice(0, column)}${sign}${line.slice(column + 1)}`;
  };
  const rows = input.logs.flatMap((log) =>
    log.streams.map(({ address, kind }, stream) => {
      const line = looks(log, stream, { from: start, to, width })
        .map((look) => signs[look])
        .join('');
      return `${`${log.client} ${address} ${kind}`.padEnd(28)} ${line}`;
    }),
  );
  if (rows.length === 0) return [];
  return [
    '```',
    ...rows,
    `${''.padEnd(29)}${mark(input.marks.restored, '^ put back', mark(input.marks.fault, '^ fault', ''))}`,
    `One sign: ${width / 1000} s. ${signs.good} all answered, ${signs.mixed} some failed, ${signs.bad} all failed.`,
    '```',
    '',
  ];
}

function happened({ events, stalls, cutOff }: Report): string[] {
  const lines = [
    ...events.map(({ at: seconds, what }) => `- ${seconds.toFixed(1)} s: ${what}`),
    ...stalls.map(
      ({ client, at: seconds, seconds: long }) =>
        `- ${seconds.toFixed(1)} s: ${client} itself stood still for ${long.toFixed(2)} s: what failed then says nothing of the cluster`,
    ),
    ...cutOff.map((client) => `- the prober on ${client} was cut off: nothing is known after its last try`),
  ];
  return lines.length === 0 ? [] : [...lines, ''];
}
