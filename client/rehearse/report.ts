import { type Cluster, hostsWithRole, roles } from '../../cluster/cluster.ts';
import type { Rehearsal } from '../../lab/rehearsal-spec.ts';
import type { Played } from './acts.ts';

export interface ReportInput {
  readonly cluster: Cluster;
  readonly rehearsal: Rehearsal;
  readonly at: Date;
  readonly acts: readonly Played[];
}

/** Markdown: what was rehearsed, what was different from the real site, how each act ended. */
export function report({ cluster, rehearsal, at, acts }: ReportInput): string {
  const counts = roles
    .map((role) => [role, hostsWithRole(cluster, role).length] as const)
    .filter(([, count]) => count > 0)
    .map(([role, count]) => `${count} ${role}`);
  const failed = acts.filter(({ code }) => code !== undefined && code !== 0);
  return [
    `# Rehearsal of ${cluster.name}, ${at.toISOString().slice(0, 16).replace('T', ' ')} UTC\n`,
    `${cluster.hosts.length} hosts: ${counts.join(', ')}. All of them containers of one machine: times say nothing of the real site.\n`,
    '| | | seconds |',
    '|---|---|---|',
    ...acts.map(({ title, code, seconds }) => `| ${title} | ${result(code)} | ${seconds.toFixed(0)} |`),
    '',
    'Not as the spec says:\n',
    ...rehearsal.differences.map((difference) => `- ${difference}`),
    ...failed.flatMap(({ title, args, tail }) => [
      `\n## ${title}: failed\n`,
      `\`holdfast ${args.join(' ')}\` said at its end (all of it: log.txt):\n`,
      '```',
      tail.trimEnd(),
      '```',
    ]),
    '',
  ].join('\n');
}

function result(code: number | undefined): string {
  if (code === undefined) return 'not begun';
  return code === 0 ? 'done' : `**failed** (exit code ${code})`;
}
