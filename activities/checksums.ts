import type { Kubespray } from '../cluster/cluster.ts';
import { kubesprayVar } from '../cluster/kubespray-vars.ts';
import type { Host } from '../hosts/host.ts';
import { sh } from '../hosts/shell.ts';
import { problem } from './step.ts';
import { bastionPaths } from './bastion-paths.ts';

/**
 * The checksum that Kubespray knows for a download: from `kubespray.vars` where it names one, else from the table
 * in the checkout (`<table>: { <architecture>: { <version>: sha256:… } }`).
 */
export async function checksum(
  host: Host,
  cluster: string,
  kubespray: Kubespray,
  what: { variable: string; table: string; version: string; architecture: string },
  signal: AbortSignal,
): Promise<string> {
  const named = kubesprayVar(kubespray.vars, what.variable);
  if (named !== undefined) return named;
  const file = `${bastionPaths(cluster).checkout}/roles/kubespray_defaults/vars/main/checksums.yml`;
  const { stdout } = await host.run(
    sh`test -r ${file} && awk -v table=${`${what.table}:`} -v arch=${`${what.architecture}:`} -v version=${`${what.version}:`} ${lookUp} ${file}`,
    { sudo: true, signal, ok: 'any' },
  );
  const found = stdout.trim();
  if (/^(sha256:)?[0-9a-f]{64}$/.test(found)) return found;
  throw problem(
    host.name,
    `Kubespray has no checksum for ${what.table} ${what.version} (${what.architecture})`,
    `Set kubespray.vars.${what.variable}, or take a version that this Kubespray knows.`,
  );
}

/** The table is plain YAML of three levels: two blanks a level, one key a line. */
const lookUp = `$1 == table && /^[a-z]/ { in_table = 1; next } /^[a-z]/ { in_table = 0 } in_table && /^  [^ ]/ { in_arch = ($1 == arch) } in_table && in_arch && /^    [^ ]/ && $1 == version { print $2; exit }`;
