import type { Host } from '../hosts/host.ts';
import { sh } from '../hosts/shell.ts';
import { problem } from './step.ts';
import { bastionPaths } from './bastion-paths.ts';

/** All that decides what a run does, and so whether it may be left out. */
export interface PlaybookInputs {
  readonly playbook: string;
  readonly commit: string;
  readonly venv: string;
  /** SHA-256 over the whole inventory: hosts, their order, and all vars. */
  readonly inventory: string;
}

/** What a run started now would work with. Throws `ProblemFound` where an earlier step has not left what is needed. */
export async function currentInputs(
  host: Host,
  cluster: string,
  playbook: string,
  signal: AbortSignal,
): Promise<PlaybookInputs> {
  const paths = bastionPaths(cluster);
  const { code, stdout } = await host.run(
    sh`test -s ${paths.inventoryFile} && cd ${paths.inventory} && git -C ${paths.checkout} rev-parse --verify HEAD && find . -type f -print0 | LC_ALL=C sort -z | xargs -0 sha256sum | sha256sum`,
    { sudo: true, signal, ok: 'any' },
  );
  const [commit = '', inventory = ''] = stdout.split('\n');
  const record = await host.readFile(paths.venvRecord, { sudo: true, signal });
  const venv = record && (JSON.parse(record.toString()) as { venv?: string }).venv;
  const lacking = [
    ...(code === 0 && /^[0-9a-f]{40}$/.test(commit) && /^[0-9a-f]{64}/.test(inventory)
      ? []
      : ['the checkout or the inventory']),
    ...(venv ? [] : ['Ansible']),
  ];
  if (!venv || lacking.length > 0)
    throw problem(
      host.name,
      `${paths.root} lacks ${lacking.join(' and ')}`,
      'The steps of the phase bastion make them: start the bring-up again.',
    );
  return { playbook, commit, venv, inventory: inventory.slice(0, 64) };
}

export async function readRecord(
  host: Host,
  path: string,
  signal: AbortSignal,
): Promise<PlaybookInputs | undefined> {
  const file = await host.readFile(path, { sudo: true, signal });
  return file && (JSON.parse(file.toString()) as PlaybookInputs);
}

export async function writeRecord(
  host: Host,
  path: string,
  { playbook, commit, venv, inventory }: PlaybookInputs,
  signal: AbortSignal,
): Promise<void> {
  const content = `${JSON.stringify({ playbook, commit, venv, inventory }, null, 2)}\n`;
  await host.writeFile({ path, content, mode: 0o600, sudo: true, signal });
}

export function sameInputs(a: PlaybookInputs | undefined, b: PlaybookInputs): boolean {
  return (
    a?.playbook === b.playbook && a.commit === b.commit && a.venv === b.venv && a.inventory === b.inventory
  );
}
