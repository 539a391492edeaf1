import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generateIdentity, identityToRecipient } from 'age-encryption';
import { InvalidArgumentError } from 'commander';
import type { Command } from 'commander';
import type { Cluster } from '../cluster/cluster.ts';
import { type DrillStory, drillStories, isDrillStory, whyNoDrill } from '../cluster/drill/stories.ts';
import { parseSpec, formatSpecErrors } from '../cluster/spec/index.ts';
import { canRunLab } from '../lab/can-run.ts';
import { labPaths } from '../lab/paths.ts';
import { type Rehearsal, rehearsalSpec } from '../lab/rehearsal-spec.ts';
import { BadInput, ExitError, exitCode } from './exit.ts';
import { readSpec } from './read-spec.ts';
import { type Act, perform } from './rehearse/acts.ts';
import { report } from './rehearse/report.ts';
import { type Stage, stage } from './rehearse/stage.ts';

interface Options {
  readonly drill?: readonly DrillStory[];
  readonly report?: string;
  readonly keep?: boolean;
}

export function register(program: Command): void {
  program
    .command('rehearse')
    .description(
      'bring up a cluster of the same shape on disposable hosts of this machine (Linux, root), break things there, and write a report; no host of the spec is touched',
    )
    .argument('<spec>', 'spec file')
    .option(
      '--drill <stories>',
      `comma-separated: ${drillStories.join(', ')}; default: all that the spec allows`,
      stories,
    )
    .option('--report <folder>', 'where the report is put; default: a new folder here')
    .option('--keep', 'leave the lab running, and its Temporal')
    .action(rehearse);
}

async function rehearse(file: string, options: Options): Promise<void> {
  const cluster = await readSpec(file);
  const drills = options.drill ?? drillStories.filter((story) => whyNoDrill(cluster, story) === undefined);
  for (const story of drills) {
    const why = whyNoDrill(cluster, story);
    if (why !== undefined) throw new BadInput(`no drill ${story}: ${why}`);
  }
  const why = await canRunLab();
  if (why !== undefined) throw new ExitError(exitCode.failed, why);

  const identity = await generateIdentity();
  const rehearsal = await shaped(file, cluster, await identityToRecipient(identity));
  const at = new Date();
  const folder =
    options.report ?? `rehearsal-${cluster.name}-${at.toISOString().slice(0, 19).replaceAll(':', '-')}Z`;
  await mkdir(folder, { recursive: true });
  const work = await mkdtemp(join(tmpdir(), 'holdfast-rehearsal-'));
  const identityFile = join(work, 'backup-identity.txt');
  await writeFile(identityFile, `${identity}\n`, { mode: 0o600 });
  const spec = join(work, 'spec.yaml');
  await writeFile(spec, rehearsal.text);

  const on = await stage({ work, log: join(folder, 'log.txt'), identityFile });
  const acts = actsOf(rehearsal, spec, drills, folder);
  const played = await perform(acts, on).finally(() =>
    options.keep ? on.hint(rehearsal.name) : down(on, rehearsal.name, work),
  );
  const text = report({ cluster, rehearsal, at, acts: played });
  await writeFile(join(folder, 'report.md'), text);
  console.log(`\n${text}\nReport: ${folder}`);
  if (on.interrupted()) process.exitCode = exitCode.interrupted;
  else if (played.some(({ code }) => code !== 0)) process.exitCode = exitCode.failed;
}

async function shaped(file: string, cluster: Cluster, recipient: string): Promise<Rehearsal> {
  try {
    const rehearsal = rehearsalSpec(await readFile(file, 'utf8'), cluster, recipient);
    const parsed = parseSpec(rehearsal.text, `the spec for the lab, made of ${file}`);
    if ('errors' in parsed) throw new RangeError(formatSpecErrors(parsed.errors));
    return rehearsal;
  } catch (error) {
    if (error instanceof RangeError) throw new BadInput(`${file}: cannot be rehearsed: ${error.message}`);
    throw error;
  }
}

function actsOf({ name }: Rehearsal, spec: string, drills: readonly DrillStory[], folder: string): Act[] {
  const made = labPaths(name).spec;
  return [
    { title: 'a lab that an earlier rehearsal left is taken down', args: ['lab', 'down', name] },
    { title: 'the hosts are made', args: ['lab', 'up', spec] },
    { title: 'the cluster is brought up', args: ['up', made] },
    { title: '`up` once more', args: ['up', made] },
    ...drills.map((story) => ({
      title: `drill ${story}`,
      args: ['drill', name, '--story', story, '--yes', '--report', join(folder, `drill-${story}`)],
      // What was promoted stays so; the next drill needs a healthy cluster, as a person would.
      evenAfterFailure: true,
    })),
    { title: 'where it stands at the end', args: ['status', name] },
  ];
}

async function down(on: Stage, name: string, work: string): Promise<void> {
  const ended = [await on.run(['dev', '--stop']), await on.run(['lab', 'down', name])];
  if (ended.every(({ code }) => code === 0)) return rm(work, { recursive: true, force: true });
  on.hint(name);
  process.exitCode = exitCode.failed;
}

function stories(text: string): readonly DrillStory[] {
  const named = text.split(',').map((word) => word.trim());
  const unknown = named.filter((word) => !isDrillStory(word));
  if (unknown.length > 0)
    throw new InvalidArgumentError(`${unknown.join(', ')}? Of ${drillStories.join(', ')}`);
  return named.filter(isDrillStory);
}
