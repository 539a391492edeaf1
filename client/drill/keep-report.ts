import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { DrillStatus } from '../../cluster/drill/status.ts';

/** Puts text, figures and picture where the person is. Returns the files; undefined where there is no report. */
export async function keepReport(
  { cluster, story, report, markdown, svg }: DrillStatus,
  folder?: string,
): Promise<readonly string[] | undefined> {
  if (!report || !markdown || !svg) return undefined;
  const at = report.fault.slice(0, 19).replaceAll(':', '-');
  const into = folder ?? `drill-${cluster}-${story}-${at}Z`;
  const files = {
    'report.md': `${markdown}\n![the outage](report.svg)\n`,
    'report.json': JSON.stringify(report, null, 2),
    'report.svg': svg,
  };
  await mkdir(into, { recursive: true });
  const written = Object.entries(files).map(async ([name, content]) => {
    await writeFile(join(into, name), content);
    return join(into, name);
  });
  return Promise.all(written);
}
