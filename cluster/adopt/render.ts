import { dump } from 'js-yaml';
import type { AdoptedSpec } from './adopt.ts';
import type { Remark } from './remarks.ts';

/** The spec file: what a person must know of it stands where they will read it. */
export function renderAdopted({
  spec,
  remarks,
}: {
  readonly spec: AdoptedSpec;
  readonly remarks: readonly Remark[];
}): string {
  const part = (key: keyof AdoptedSpec) => (spec[key] === undefined ? '' : yaml({ [key]: spec[key] }));
  return [
    `# Read from an Ansible inventory by \`holdfast adopt\`. What every key means: docs/spec.md.\n`,
    ...list('Settle these before `holdfast up`; it would break what runs, or be refused:', remarks, 'blocks'),
    ...list('What is not as it was, or not carried over:', remarks, 'note'),
    part('cluster'),
    '# How the Temporal worker reaches the hosts. Paths are on its machine; `holdfast trust` fills knownHosts.\n',
    part('ssh'),
    `hosts:\n${spec.hosts.map((host) => `  - ${yaml(host, 0)}`).join('')}`,
    part('loadBalancer'),
    part('kubernetes'),
    part('kubespray'),
    '# Who can open the backups. The private keys stay off the cluster.\n',
    part('backup'),
    '# What this cluster has no second of today. By standing here it is accepted.\n',
    part('singlePointsOfFailure'),
  ].join('');
}

function list(title: string, remarks: readonly Remark[], kind: Remark['kind']): string[] {
  const lines = remarks.filter((remark) => remark.kind === kind).map(({ text }) => `#  - ${oneLine(text)}\n`);
  return lines.length === 0 ? [] : [`# ${title}\n`, ...lines];
}

/** An inventory's text may hold line breaks, which would end the comment. */
function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ').slice(0, 500);
}

/** `flowLevel` 0: on one line. */
function yaml(value: object, flowLevel = -1): string {
  return dump(value, { lineWidth: -1, noRefs: true, flowLevel });
}
