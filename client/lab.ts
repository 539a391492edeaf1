import { InvalidArgumentError } from 'commander';
import type { Command } from 'commander';
import { ensureArtifacts } from '../lab/artifacts.ts';
import { canRunLab, installTools } from '../lab/can-run.ts';
import { writeDemoSpec } from '../lab/demo.ts';
import { demoCluster } from '../lab/demo-spec.ts';
import { type DebianVersion, debianVersions, isDebianVersion } from '../lab/debian.ts';
import { extrasFor } from '../lab/extra-artifacts.ts';
import { labDown } from '../lab/down.ts';
import { readLab } from '../lab/lab-file.ts';
import { labPaths } from '../lab/paths.ts';
import { type PowerAction, power } from '../lab/power.ts';
import { namesClone, writeLabSpec } from '../lab/spec-file.ts';
import { labStatus } from '../lab/status.ts';
import { labUp } from '../lab/up.ts';
import { BadInput, ExitError, exitCode } from './exit.ts';
import { readSpec } from './read-spec.ts';

export function register(program: Command): void {
  const lab = program.command('lab').description('disposable hosts on this machine (Linux, root)');
  lab
    .command('up')
    .description("make and boot the hosts of a spec; without one: the demo's twelve")
    .argument('[spec]', 'spec file')
    .option('--debian <version>', `what the hosts run: ${debianVersions.join(', ')}`, debian, '12')
    .action(up);
  lab
    .command('down')
    .description('end the hosts and leave nothing behind')
    .argument('[cluster]', 'whose lab', demoCluster)
    .option('--keep', 'keep disks and keys for the next `lab up`')
    .action(async (cluster: string, options: { keep?: boolean }) => {
      const { changed } = await labDown(cluster, { wipe: !options.keep });
      console.log(changed ? `the lab ${cluster} is gone` : `there is no lab ${cluster}`);
    });
  lab
    .command('status')
    .argument('[cluster]', 'whose lab', demoCluster)
    .option('--json', 'as JSON')
    .action(status);
  lab
    .command('power')
    .description('cut or give power to one host, freeze or thaw it')
    .argument('<action>', actions.join(', '))
    .argument('<host>', "the host's name")
    .argument('[cluster]', 'whose lab', demoCluster)
    .action(switchPower);
}

const actions: readonly PowerAction[] = ['off', 'on', 'reboot', 'freeze', 'thaw'];

async function up(file: string | undefined, { debian }: { debian: DebianVersion }): Promise<void> {
  const why = await canRunLab();
  if (why !== undefined) throw new ExitError(exitCode.failed, why);
  const own = file === undefined ? undefined : await readSpec(file);
  const say = (line: string): void => console.log(line);
  await installTools(say);
  const supplied = await ensureArtifacts({
    log: say,
    ...(own && { extra: extrasFor(own, await namesClone(own)) }),
  });
  const spec =
    file !== undefined && own ? await writeLabSpec(file, own, supplied) : await writeDemoSpec(supplied);
  const lab = await labUp(await readSpec(spec), { say, supplies: supplied, debian });
  console.log(`${lab.hosts.length} hosts are up. Their spec: ${spec}\nNext: holdfast up ${spec}`);
}

async function status(cluster: string, options: { json?: boolean }): Promise<void> {
  const found = await labStatus(cluster);
  if (!found) throw new BadInput(`there is no lab ${cluster}: holdfast lab up`);
  const { spec } = labPaths(cluster);
  if (options.json) return console.log(JSON.stringify({ ...found, spec }, null, 2));
  console.log(`lab ${found.name}, ${found.subnet}, spec ${spec}`);
  for (const host of found.hosts) {
    console.log(
      `  ${host.name.padEnd(16)} ${host.address.padEnd(16)} ${host.power}${host.answers ? ', sshd answers' : ''}`,
    );
  }
}

async function switchPower(action: string, host: string, cluster: string): Promise<void> {
  const lab = await readLab(cluster);
  if (!lab) throw new BadInput(`there is no lab ${cluster}: holdfast lab up`);
  if (!isAction(action)) throw new BadInput(`${action}? One of ${actions.join(', ')}`);
  if (!lab.hosts.some(({ name }) => name === host))
    throw new BadInput(`the lab ${cluster} has no host ${host}`);
  const { changed } = await power(lab, host, action);
  console.log(`${host}: ${action}${changed ? '' : ' already'}`);
}

function debian(text: string): DebianVersion {
  if (isDebianVersion(text)) return text;
  throw new InvalidArgumentError(`one of ${debianVersions.join(', ')}`);
}

function isAction(word: string): word is PowerAction {
  return (actions as readonly string[]).includes(word);
}
