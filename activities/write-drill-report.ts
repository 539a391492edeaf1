import { reportMarkdown } from '../cluster/drill/markdown.ts';
import { reportOf } from '../cluster/drill/report.ts';
import type { Report, ReportEvent, ReportInput } from '../cluster/drill/report.ts';
import { outageSvg } from '../cluster/drill/svg.ts';
import type { StepCall, StepResult } from '../cluster/steps.ts';
import { HostError } from '../hosts/errors.ts';
import { sh } from '../hosts/shell.ts';
import { type StepBody, type StepTools, step } from './step.ts';
import { failoverStatus } from './check-drill.ts';
import { drillFolder, earliestMark } from './drill/marks.ts';
import { removeProbeAccess } from './drill/probe-access.ts';
import { proberJob, readProber, removeProber, stopProber } from './drill/prober.ts';

type Call = StepCall<'write-drill-report'>;

export interface WrittenReport extends StepResult {
  readonly folder: string;
  readonly report: Report;
  readonly markdown: string;
  readonly svg: string;
}

/** Ends the prober and writes down what it saw: report.md, report.json and report.svg on the bastion. */
const body: StepBody<'write-drill-report', WrittenReport> = async (call, tools) => {
  const { host, signal } = tools;
  const folder = drillFolder(call.cluster, call.change);
  const done = await written(folder, tools);
  if (done) return { changed: false, summary: 'the report is written', folder, ...done };

  await stopProber(host, proberJob(call.cluster, call.change), signal);
  const input = await reportInput(call, folder, tools);
  const report = reportOf(input);
  const markdown = reportMarkdown(input);
  const svg = outageSvg(input);
  await host.run(sh`install -d -m 0700 ${folder}`, { sudo: true, signal });
  const files = {
    'report.svg': svg,
    'report.md': markdown,
    // Last: where it is, the others are.
    'report.json': JSON.stringify(report, null, 2),
  };
  for (const [name, content] of Object.entries(files))
    await host.writeFile({ path: `${folder}/${name}`, content, mode: 0o600, sudo: true, signal });
  const left = await clean(call, tools);
  return { changed: true, summary: `${folder}/report.md${left}`, folder, report, markdown, svg };
};

export const writeDrillReport = step('write-drill-report', body);

/** What an attempt before this one wrote. */
async function written(folder: string, { host, signal }: StepTools) {
  const options = { sudo: true, signal };
  const json = await host.readFile(`${folder}/report.json`, options);
  const markdown = await host.readFile(`${folder}/report.md`, options);
  const svg = await host.readFile(`${folder}/report.svg`, options);
  if (!json || !markdown || !svg) return undefined;
  return {
    report: JSON.parse(json.toString()) as Report,
    markdown: markdown.toString(),
    svg: svg.toString(),
  };
}

async function reportInput(call: Call, folder: string, { host, signal }: StepTools): Promise<ReportInput> {
  const log = await readProber(host, proberJob(call.cluster, call.change), signal);
  const fault = await earliestMark(host, folder, 'fault', signal);
  const restored = await earliestMark(host, folder, 'back', signal);
  const begun = fault ?? log?.tries[0]?.at ?? Date.now();
  return {
    cluster: call.cluster,
    story: call.story,
    what: call.what,
    marks: { fault: begun, ...(restored !== undefined && { restored }) },
    events: fault === undefined ? [] : await failoverEvents(call.cluster, fault),
    logs: log ? [log] : [],
  };
}

/** What failover wrote down since then. Its clock is the Temporal server's. */
async function failoverEvents(cluster: string, since: number): Promise<ReportEvent[]> {
  const status = await failoverStatus(cluster);
  return (status?.events ?? [])
    .map(({ at, what }) => ({ at: Date.parse(at), what }))
    .filter(({ at }) => at >= since);
}

/** Leaves the report alone; the objects in the cluster can wait for an API that is not well. */
async function clean({ cluster, change }: Call, { host, signal }: StepTools): Promise<string> {
  await removeProber(host, proberJob(cluster, change), signal);
  try {
    await removeProbeAccess(host, cluster, signal);
    return '';
  } catch (error) {
    if (!(error instanceof HostError)) throw error;
    return '; the namespace holdfast-drill is still there';
  }
}
