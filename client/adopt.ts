import { basename, dirname, resolve } from 'node:path';
import type { Command } from 'commander';
import { adopt, type Said } from '../cluster/adopt/adopt.ts';
import { readListed, type Inventory } from '../cluster/adopt/inventory.ts';
import { renderAdopted } from '../cluster/adopt/render.ts';
import { checkoutAround, listInventory, withGroup } from './adopt/list-inventory.ts';
import { BadInput } from './exit.ts';
import { collect, writeNew } from './init.ts';
import { readSpec } from './read-spec.ts';

interface Options {
  readonly cluster?: string;
  readonly user?: string;
  readonly bastion?: string;
  readonly kubernetesVersion?: string;
  readonly kubesprayVersion?: string;
  readonly backupRecipient: readonly string[];
}

export function register(program: Command): void {
  program
    .command('adopt')
    .description(
      'write the spec of a cluster that Kubespray made before, from its inventory; touches no host',
    )
    .argument(
      '<inventory>',
      'hosts.yaml, inventory.ini or their folder; - for what `ansible-inventory --list` prints',
    )
    .argument('[file]', 'spec file to write', 'holdfast.yaml')
    .option('--cluster <name>', 'a DNS label (default: the name of the inventory’s folder)')
    .option('--user <name>', 'SSH user with sudo, where the inventory names none')
    .option('--bastion <name=address>', 'the bastion, where the inventory has none')
    .option('--kubernetes-version <version>', 'what runs, where the inventory has no kube_version')
    .option(
      '--kubespray-version <tag>',
      'what made the cluster (default: the tag of the checkout that the inventory lies in)',
    )
    .requiredOption(
      '--backup-recipient <recipient>',
      'age recipient that can open the backups (age1…; `age-keygen` makes a pair); may stand several times',
      collect,
    )
    .action(async (inventory: string, file: string, options: Options) => write(inventory, file, options));
}

async function write(source: string, file: string, options: Options): Promise<void> {
  const inventory = read(source, await listInventory(source));
  const adopted = adopt(inventory, await saidBy(source, inventory, options));
  const text = renderAdopted(adopted);
  await writeNew(file, text);
  const { hosts, kubespray } = adopted.spec;
  console.log(
    `${file} is written: ${hosts.length} hosts, ${Object.keys(kubespray.vars).length} of Kubespray's variables. ` +
      'No host was touched. Not carried over, or to be known (it stands in the file too):',
  );
  for (const { kind, text } of adopted.remarks) console.log(`${kind === 'blocks' ? '!' : '-'} ${text}`);
  // What an inventory lacks, or holdfast does not do, is a mistake of the spec: the file stays, to be mended there.
  await readSpec(file);
  console.log(`Next: holdfast validate ${file}; holdfast trust ${file}; holdfast plan ${file}`);
}

function read(source: string, printed: string): Inventory {
  try {
    const inventory = readListed(JSON.parse(printed));
    if (inventory.group('k8s_cluster', 'k8s-cluster').length > 0) return inventory;
    throw new RangeError(
      `no group k8s_cluster, which Kubespray builds while it runs, so its group_vars were not read; wanted: ansible-inventory -i INVENTORY ${withGroup}`,
    );
  } catch (error) {
    throw new BadInput(`${source}: ${error instanceof RangeError ? error.message : 'no JSON'}`);
  }
}

async function saidBy(source: string, inventory: Inventory, options: Options): Promise<Said> {
  const { bastion, kubernetesVersion, user, backupRecipient } = options;
  const fromStdin = source === '-';
  const cluster = options.cluster ?? (fromStdin ? undefined : folderName(source));
  const hasBastion = inventory.group('bastion').length > 0;
  const hasUser = Object.values(inventory.vars).some(
    (vars) => vars['ansible_user'] ?? vars['ansible_ssh_user'],
  );
  const lacking = [
    ...(cluster === undefined ? ['--cluster NAME'] : []),
    ...(user === undefined && !hasUser ? ['--user NAME: the inventory names no ansible_user'] : []),
    ...(bastion === undefined && !hasBastion
      ? [
          '--bastion NAME=ADDRESS: the inventory has no host in the group bastion, and every connection goes through one',
        ]
      : []),
    ...(bastion !== undefined && hasBastion ? ['no --bastion: the inventory has one'] : []),
    ...(bastion !== undefined && !/^[^=]+=[^=]+$/.test(bastion) ? ['--bastion as NAME=ADDRESS'] : []),
  ];
  if (cluster === undefined || lacking.length > 0)
    throw new BadInput(`wanted:\n${lacking.map((one) => `  ${one}`).join('\n')}`);
  const [name = '', address = ''] = bastion?.split('=') ?? [];
  const kubesprayVersion = options.kubesprayVersion ?? (fromStdin ? undefined : await checkoutAround(source));
  return {
    cluster,
    ...(user !== undefined && { user }),
    ...(bastion !== undefined && { bastion: { name, address } }),
    ...(kubernetesVersion !== undefined && { kubernetesVersion: kubernetesVersion.replace(/^v/, '') }),
    ...(kubesprayVersion !== undefined && { kubesprayVersion }),
    backupRecipients: backupRecipient,
  };
}

/** `inventory/main/hosts.yaml` and `inventory/main` are both of the cluster main. */
function folderName(source: string): string {
  const path = resolve(source);
  const folder = /\.(ya?ml|ini)$/.test(path) ? dirname(path) : path;
  return basename(folder)
    .toLowerCase()
    .replaceAll(/[^a-z0-9-]+/g, '-');
}
