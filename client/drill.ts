import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import { InvalidArgumentError } from 'commander';
import type { Command } from 'commander';
import type { DrillStatus } from '../cluster/drill/status.ts';
import { drillStories, drillTimes, drillWords, isDrillStory, whyNoDrill } from '../cluster/drill/stories.ts';
import type { DrillStory } from '../cluster/drill/stories.ts';
import * as contract from '../workflows/contract.ts';
import { clusterNamed } from './cluster-argument.ts';
import { confirmByTyping } from './confirm.ts';
import { connect } from './connect.ts';
import type { Temporal } from './connect.ts';
import { BadInput, exitCode } from './exit.ts';
import { follow } from './drill/follow.ts';
import { keepReport } from './drill/keep-report.ts';
import { drillUnderWay, isOpen } from './drill/open.ts';
import { openFailover, recordedSpec } from './failover/run.ts';
import { onInterrupt } from './follow/patience.ts';

interface DrillOptions {
  readonly story?: DrillStory;
  readonly seconds?: number;
  readonly yes?: boolean;
  readonly stop?: boolean;
  readonly json?: boolean;
  readonly report?: string;
}

export function register(program: Command): void {
  program
    .command('drill')
    .description('break one thing for real, measure what clients notice, put it back, and write a report')
    .argument('[cluster]', 'default: the only one')
    .option('--story <story>', drillStories.join(', '), story)
    .option('--seconds <n>', 'how long it stays broken; default: as long as the story needs', seconds)
    .option('--yes', 'do not ask')
    .option('--stop', 'put all back now that the drill under way has broken')
    .option('--report <folder>', 'where the report is put; default: a new folder here')
    .option('--json', 'the final status as JSON')
    .action(drill);
}

async function drill(named: string | undefined, options: DrillOptions): Promise<void> {
  const temporal = await connect();
  try {
    const cluster = await clusterNamed(temporal, named);
    process.exitCode = options.stop ? await stop(temporal, cluster) : await begin(temporal, cluster, options);
  } finally {
    await temporal.close();
  }
}

async function begin(temporal: Temporal, cluster: string, options: DrillOptions): Promise<number> {
  const { story: wanted, seconds: forSeconds, yes } = options;
  if (!wanted) throw new BadInput(`which story? --story ${drillStories.join(' | ')}`);
  const spec = await recordedSpec(temporal, await openFailover(temporal, cluster));
  const why = whyNoDrill(spec, wanted);
  if (why !== undefined) throw new BadInput(`${cluster}: no drill ${wanted}: ${why}`);
  const times = drillTimes(wanted, forSeconds);
  const what = `${cluster}: for ${times.broken} s ${drillWords(wanted, [])}, for real`;
  await confirmByTyping(what, cluster, yes);
  const run = await start(temporal, cluster, { spec, story: wanted, times });
  console.error(`${cluster}: ${temporal.link(contract.drillId(cluster), run)}`);
  const off = onInterrupt(
    () => `The drill goes on, and puts all back. At once: holdfast drill ${cluster} --stop`,
  );
  try {
    const status = await follow(temporal, cluster, run);
    return await told(status, options);
  } finally {
    off();
  }
}

async function start(temporal: Temporal, cluster: string, input: contract.DrillInput): Promise<string> {
  try {
    const { firstExecutionRunId } = await temporal.client.workflow.start('drill', {
      workflowId: contract.drillId(cluster),
      taskQueue: contract.taskQueue,
      args: [input],
      workflowIdConflictPolicy: 'FAIL',
      staticSummary: `drill ${input.story} of ${cluster}`,
      typedSearchAttributes: [
        { key: contract.clusterAttribute, value: cluster },
        { key: contract.stateAttribute, value: 'running' },
      ],
    });
    return firstExecutionRunId;
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
    throw new BadInput(drillUnderWay(temporal, cluster));
  }
}

async function told(status: DrillStatus, options: DrillOptions): Promise<number> {
  const { problems, markdown, folder, hosts, state } = status;
  if (options.json) console.log(JSON.stringify(status, null, 2));
  else if (markdown) console.log(markdown);
  for (const problem of problems) console.error(problem);
  const here = await keepReport(status, options.report);
  if (here) console.error(`Report: ${here.join(', ')}`);
  if (folder) console.error(`On the bastion too: ${folder}`);
  if (state === 'done') return exitCode.done;
  return hosts.length === 0 ? exitCode.badInput : exitCode.failed;
}

async function stop(temporal: Temporal, cluster: string): Promise<number> {
  const handle = temporal.client.workflow.getHandle(contract.drillId(cluster));
  if (!(await isOpen(handle))) throw new BadInput(`${cluster}: no drill is under way`);
  await handle.signal(contract.abortSignal, { reason: 'holdfast drill --stop' });
  console.log(
    `${cluster}: what the drill has broken is being put back; hosts that nobody reaches do it by themselves`,
  );
  return exitCode.done;
}

function story(text: string): DrillStory {
  if (isDrillStory(text)) return text;
  throw new InvalidArgumentError(`one of ${drillStories.join(', ')}`);
}

function seconds(text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 15 && value <= 600) return value;
  throw new InvalidArgumentError('from 15 to 600');
}
