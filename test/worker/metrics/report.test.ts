import { afterEach, beforeAll, expect, test } from 'vitest';
import type { Client } from '@temporalio/client';
import type { MetricMeter } from '@temporalio/common';
import { lookAt, reportClusters } from '../../../worker/metrics/report.ts';
import { changeId, changeWorkflows, clusterAttribute } from '../../../workflows/contract.ts';
import { smallSpec, useStandIns } from '../../client/stand-in/world.ts';

const world = useStandIns();
/** A busy machine takes its time. */
const soon = { timeout: 10_000 };
let ended: AbortController | undefined;
afterEach(() => ended?.abort());

beforeAll(async () => {
  await world.failover(smallSpec('both'));
  await world.change(smallSpec('both'));
  await world.failover(smallSpec('alone'));
});

/** Keeps what was told last, by name and tags; knows gauges alone. */
function meterOf(told: Map<string, number>): MetricMeter {
  const gauge = (name: string) => ({
    set: (value: number, tags: Record<string, string>) =>
      void told.set(`${name} ${Object.values(tags).join(' ')}`, value),
  });
  const strict = new Proxy({} as MetricMeter, {
    get: (_, kind) => {
      if (kind !== 'createGauge') throw new Error(`the report made ${String(kind)}`);
      return gauge;
    },
  });
  return strict;
}

function report(client: Client, warnings: string[] = []): Map<string, number> {
  const told = new Map<string, number>();
  ended = new AbortController();
  const { signal } = ended;
  void reportClusters({
    client,
    meter: meterOf(told),
    warn: (line) => warnings.push(line),
    signal,
    everyMs: 100,
  });
  return told;
}

test('every cluster that has a workflow open is asked how it is, and its open change where it stands', async () => {
  await expect
    .poll(async () => (await lookAt(world.env.client, new Set())).map(({ cluster }) => cluster).sort(), soon)
    .toEqual(['alone', 'both']);
  const told = report(world.env.client);
  await expect.poll(() => told.get('holdfast_cluster_answers both'), soon).toBe(1);
  expect(told.get('holdfast_cluster_state both watching')).toBe(1);
  expect(told.get('holdfast_change_open both')).toBe(1);
  expect(told.get('holdfast_change_answers both')).toBe(1);
  expect(told.get('holdfast_change_open alone')).toBe(0);

  await world.say('both', { state: 'degraded', degraded: ['a disk'] });
  await expect.poll(() => told.get('holdfast_cluster_state both degraded'), soon).toBe(1);
  expect(told.get('holdfast_cluster_state both watching')).toBe(0);
  expect(told.get('holdfast_cluster_troubles both')).toBe(1);
  expect(told.get('holdfast_cluster_state alone watching')).toBe(1);
});

test('a cluster whose failover has ended is told as one that nobody watches, not forgotten', async () => {
  await world.failover(smallSpec('ends'));
  const told = report(world.env.client);
  await expect.poll(() => told.get('holdfast_cluster_answers ends'), soon).toBe(1);
  await world.env.client.workflow.getHandle('holdfast:ends:failover').terminate();
  await expect.poll(() => told.get('holdfast_cluster_answers ends'), soon).toBe(0);
  expect(told.get('holdfast_cluster_state ends watching')).toBe(0);
});

test('where Temporal cannot be asked, no cluster is told as well, one warning is given, and it goes on by itself', async () => {
  const { client } = world.env;
  let broken = false;
  const list: Client['workflow']['list'] = (options) => {
    if (broken) throw new Error('no connection');
    return client.workflow.list(options);
  };
  const breakable = {
    workflow: { list, getHandle: client.workflow.getHandle.bind(client.workflow) },
    withDeadline: client.withDeadline.bind(client),
  } as unknown as Client;
  const warnings: string[] = [];
  const told = report(breakable, warnings);
  await expect.poll(() => told.get('holdfast_cluster_answers alone'), soon).toBe(1);
  broken = true;
  await expect.poll(() => told.get('holdfast_cluster_answers alone'), soon).toBe(0);
  expect(told.get('holdfast_cluster_state alone watching')).toBe(0);
  await new Promise((resolve) => setTimeout(resolve, 350));
  expect(warnings).toEqual(["the clusters' metrics are not renewed: Error: no connection"]);
  broken = false;
  await expect.poll(() => told.get('holdfast_cluster_answers alone'), soon).toBe(1);
});

test('an open change is told of whatever its kind', async () => {
  const { workflow } = world.env.client;
  const changes = await Promise.all(
    changeWorkflows.map((type) =>
      workflow.start(type, {
        workflowId: changeId(type),
        taskQueue: 'nobody',
        typedSearchAttributes: [{ key: clusterAttribute, value: type }],
      }),
    ),
  );
  const open = async () =>
    (await lookAt(world.env.client, new Set()))
      .filter(({ change }) => change === 'silent')
      .map(({ cluster }) => cluster);
  await expect.poll(open, { timeout: 30_000 }).toEqual(expect.arrayContaining([...changeWorkflows]));
  await Promise.all(changes.map((change) => change.terminate()));
});
