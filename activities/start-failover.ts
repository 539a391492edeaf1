import { isDeepStrictEqual } from 'node:util';
import { Context, getClient } from '@temporalio/activity';
import type { Client } from '@temporalio/client';
import { WorkflowNotFoundError } from '@temporalio/client';
import { defineSearchAttributeKey, SearchAttributeType } from '@temporalio/common';
import type { Cluster } from '../cluster/cluster.ts';
import type { StepCall } from '../cluster/steps.ts';
import { clusterAttributeName, failoverId, stateAttributeName } from '../cluster/workflow-ids.ts';
import { notYet, step } from './step.ts';

/**
 * The one step that is told the whole spec: it hands it on to failover, which is the cluster's record of it. The plan
 * leaves it out, for what a change is started with holds the spec already; the workflow adds it.
 */
type StartFailover = StepCall<'start-failover'> & { readonly spec: Cluster };

/** Lets failover watch the cluster, with the spec that has just been applied. */
export const startFailover = step('start-failover', async (call, { host }) => {
  const { cluster, spec } = call as StartFailover;
  const client = getClient();
  const watched = () =>
    watchedSpec(client, cluster).catch((error: unknown) => didNotAnswer(host.name, cluster, error));
  if (isDeepStrictEqual(await watched(), spec))
    return { changed: false, summary: `failover watches ${cluster}, with this spec` };
  await start(client, spec);
  if (!isDeepStrictEqual(await watched(), spec))
    throw notYet(
      host.name,
      'failover was told the spec and does not say that it has it',
      `See what the workflow ${failoverId(cluster)} says in the UI, then retry.`,
    );
  return { changed: true, summary: `failover watches ${cluster}: holdfast status ${cluster}` };
});

/** ms; the next attempt asks again. */
const answersWithin = 5000;

/** Undefined where nothing watches the cluster. A workflow that has ended would still answer a query. */
async function watchedSpec(client: Client, cluster: string): Promise<Cluster | undefined> {
  try {
    const handle = client.workflow.getHandle(failoverId(cluster));
    const { status } = await handle.describe();
    if (status.name !== 'RUNNING') return undefined;
    return await client.withDeadline(Date.now() + answersWithin, () => handle.query<Cluster>('spec'));
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return undefined;
    throw error;
  }
}

/** It is open: a worker that cannot go on with its history, or none, is why. */
function didNotAnswer(host: string, cluster: string, error: unknown): never {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  throw notYet(
    host,
    `failover is open and does not say what it watches: ${cause instanceof Error ? cause.message : String(cause)}`,
    `See what the workflow ${failoverId(cluster)} says in the UI. Where its history was made by a holdfast that this one cannot go on with, terminate it there; then retry, which starts it anew.`,
  );
}

async function start(client: Client, spec: Cluster): Promise<void> {
  await client.workflow.signalWithStart('failover', {
    workflowId: failoverId(spec.name),
    taskQueue: Context.current().info.taskQueue,
    args: [{ spec }],
    signal: 'configure',
    signalArgs: [{ spec }],
    staticSummary: `watch ${spec.name}`,
    typedSearchAttributes: [
      { key: keyword(clusterAttributeName), value: spec.name },
      { key: keyword(stateAttributeName), value: 'watching' },
    ],
  });
}

const keyword = (name: string) => defineSearchAttributeKey(name, SearchAttributeType.KEYWORD);
