import { reportMarkdown } from '../cluster/drill/markdown.ts';
import { lastFailed, reportOf } from '../cluster/drill/report.ts';
import type { ReportInput } from '../cluster/drill/report.ts';
import { outageSvg } from '../cluster/drill/svg.ts';

/** The outage as a line, a strip of text for each client, and a picture. */
export function outageTold(input: ReportInput): { readonly text: string; readonly svg: string } {
  const report = reportOf(input);
  const line = (['read', 'write'] as const)
    .map((kind) => {
      const last = lastFailed(report, kind);
      return last === null
        ? `no ${kind} failed`
        : `last failed ${kind} ${last.toFixed(1)} s after the power-off`;
    })
    .join(', ');
  const strips = /```\n([^]*?)```/.exec(reportMarkdown(input))?.[1] ?? '';
  return { text: `${strips}${line}`, svg: outageSvg(input) };
}
