import { setTimeout as pause } from 'node:timers/promises';
import { WorkflowFailedError } from '@temporalio/client';
import {
  ApplicationFailure,
  WorkflowExecutionAlreadyStartedError,
  WorkflowNotFoundError,
} from '@temporalio/common';
import { InvalidArgumentError } from 'commander';
import type { Command } from 'commander';
import type { DrillState, DrillStatus } from '../cluster/drill/status.ts';
import { drillStories, drillTimes, drillWords, isDrillStory, whyNoDrill } from '../cluster/drill/stories.ts';
import type { DrillStory } from '../cluster/drill/stories.ts';
import * as contract from '../workflows/contract.ts';
import { clusterNamed } from './cluster-argument.ts';
import { confirmByTyping } from './confirm.ts';
import { connect } from './connect.ts';
import type { Temporal } from './connect.ts';
import { BadInput, exitCode } from './exit.ts';
import { openFailover, recordedSpec } from './failover/run.ts';

interface DrillOptions {
  readonly story?: DrillStory;
  readonly seconds?: number;
  readonly yes?: boolean;
  readonly stop?: boolean;
  readonly json?: boolean;
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
  const { broken } = drillTimes(wanted, forSeconds);
  const what = `${cluster}: for ${broken} s ${drillWords(wanted, [])}, for real`;
  await confirmByTyping(what, cluster, yes);
  const input: contract.DrillInput = {
    spec,
    story: wanted,
    ...(forSeconds !== undefined && { seconds: forSeconds }),
  };
  const run = await start(temporal, cluster, input);
  console.error(`${cluster}: ${temporal.link(contract.drillId(cluster), run)}`);
  return follow(temporal, cluster, run, options.json === true);
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
    throw new BadInput(
      `${cluster}: a drill is under way: ${temporal.link(contract.drillId(cluster))}; put all back with: holdfast drill ${cluster} --stop`,
    );
  }
}

const words: Readonly<Record<DrillState, string>> = {
  checking: 'is the cluster well, and whom is it about?',
  probing: 'the prober runs, nothing is broken yet',
  arming: 'each host sets the timer that puts it back',
  broken: 'broken',
  'putting-back': 'being put back',
  back: 'put back; the prober still looks',
  reporting: 'the report is being written',
  done: 'done',
  failed: 'failed',
};

async function follow(temporal: Temporal, cluster: string, run: string, json: boolean): Promise<number> {
  const handle = temporal.client.workflow.getHandle(contract.drillId(cluster), run);
  let said = '';
  for (;;) {
    const { status } = await handle.describe();
    if (status.name !== 'RUNNING') break;
    const now = await handle.query(contract.drillStatusQuery).catch(() => undefined);
    if (now && now.state !== said) console.error(`  ${lineOf(now)}`);
    said = now?.state ?? said;
    await pause(1000);
  }
  return told(await ended(() => handle.result() as Promise<DrillStatus>), json);
}

function lineOf({ state, what, until }: DrillStatus): string {
  return state === 'broken'
    ? `${what}; back by itself at ${until?.slice(11, 19) ?? '?'} UTC at the latest`
    : words[state];
}

async function ended(result: () => Promise<DrillStatus>): Promise<DrillStatus> {
  try {
    return await result();
  } catch (error) {
    const cause = error instanceof WorkflowFailedError ? error.cause : undefined;
    const details = cause instanceof ApplicationFailure ? cause.details?.[0] : undefined;
    if (details) return details as DrillStatus;
    throw error;
  }
}

function told(status: DrillStatus, json: boolean): number {
  const { problems, markdown, folder, hosts, state } = status;
  if (json) console.log(JSON.stringify(status, null, 2));
  else if (markdown) console.log(markdown);
  for (const problem of problems) console.error(problem);
  if (folder) console.error(`On the bastion: ${folder}/report.md, report.json, report.svg`);
  if (state === 'done') return exitCode.done;
  return hosts.length === 0 ? exitCode.badInput : exitCode.failed;
}

async function stop(temporal: Temporal, cluster: string): Promise<number> {
  const handle = temporal.client.workflow.getHandle(contract.drillId(cluster));
  if (!(await isOpen(handle))) throw new BadInput(`${cluster}: no drill is under way`);
  await handle.signal(contract.abortSignal, { reason: 'holdfast drill --stop' });
  console.log(`${cluster}: what the drill has broken is being put back`);
  return exitCode.done;
}

async function isOpen(handle: { describe(): Promise<{ status: { name: string } }> }): Promise<boolean> {
  try {
    return (await handle.describe()).status.name === 'RUNNING';
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return false;
    throw error;
  }
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
