import { writeFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { type Answers, ask, missing } from './init/answers.ts';
import { renderSpec } from './init/render-spec.ts';
import { BadInput } from './exit.ts';
import { readSpec } from './read-spec.ts';

export function register(program: Command): void {
  program
    .command('init')
    .description('write a commented spec file; asks for what no option says')
    .argument('[file]', 'file to write', 'holdfast.yaml')
    .option('--cluster <name>', "the cluster's name: a DNS label")
    .option('--user <name>', 'SSH user with sudo on every host')
    .option('--identity-file <path>', 'SSH private key; without it the SSH agent is used')
    .option('--bastion <address>', 'the only way in')
    .option('--load-balancers <addresses>', 'two addresses, comma-separated', list)
    .option('--etcd <addresses>', 'three or five addresses', list)
    .option('--control-plane <addresses>', 'three addresses or more', list)
    .option('--workers <addresses>', 'worker nodes', list)
    .option('--internal-address <address>', 'free address in the load balancers’ subnet, for the API')
    .option('--external-address <address>', 'a second one, for traffic from outside')
    .option('--nfs-server <address>', 'existing NFS server; without it no storage is set up')
    .option('--nfs-path <path>', 'its exported path')
    .option(
      '--backup-recipient <recipient>',
      'age recipient that can open the backups (age1…; `age-keygen` makes a pair); may stand several times',
      collect,
    )
    .action(async (file: string, options: Partial<Answers>) => init(file, options));
}

async function init(file: string, options: Partial<Answers>): Promise<void> {
  const lacking = missing(options);
  if (lacking.length > 0 && !process.stdin.isTTY) {
    throw new BadInput(
      `not on a terminal, so these options are needed too: ${lacking.map((o) => `--${o}`).join(' ')}`,
    );
  }
  const answers = lacking.length > 0 ? await ask(options) : (options as Answers);
  await writeNew(file, renderSpec(answers));
  console.log(
    `${file} is written. Read it, then: holdfast validate ${file}; holdfast trust ${file}; holdfast up ${file}`,
  );
  // What was typed may break a rule; the file stays, so that it can be mended there.
  await readSpec(file);
}

/** A spec that is there already is somebody's work: never overwritten. */
export async function writeNew(file: string, text: string): Promise<void> {
  try {
    await writeFile(file, text, { flag: 'wx' });
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    throw new BadInput(
      code === 'EEXIST' ? `${file} exists already` : `${file}: cannot be written: ${code ?? String(error)}`,
    );
  }
}

function list(text: string): string[] {
  return text
    .split(',')
    .map((word) => word.trim())
    .filter((word) => word !== '');
}

export function collect(word: string, before: readonly string[] = []): string[] {
  return [...before, word];
}
