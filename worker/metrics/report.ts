import { setTimeout as pause } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import type { MetricGauge, MetricMeter } from '@temporalio/common';
import type { Heard, MetricName, Sample } from '../../cluster/metrics.ts';
import { metrics, samplesOf } from '../../cluster/metrics.ts';
import type { FailoverStatus } from '../../cluster/failover/status.ts';
import type { ChangeStatus } from '../../cluster/status.ts';
import * as contract from '../../workflows/contract.ts';

export interface Reporting {
  readonly client: Client;
  readonly meter: MetricMeter;
  /** Told when Temporal cannot be asked, once until it can again. */
  readonly warn: (line: string) => void;
  readonly signal: AbortSignal;
  readonly everyMs?: number;
}

/** ms for one answer. A workflow that no worker can go on with would take the server's own ten seconds. */
const patience = 5000;

/**
 * Keeps the gauges of all clusters true until `signal`: asks Temporal, not what this worker has run itself, for with
 * two workers the one that a workflow has left would tell its old state for ever. Queries leave nothing in a history.
 */
export async function reportClusters({
  client,
  meter,
  warn,
  signal,
  everyMs = 30_000,
}: Reporting): Promise<void> {
  const gauges = new Map<MetricName, MetricGauge>();
  const gauge = (name: MetricName): MetricGauge => {
    const known = gauges.get(name) ?? meter.createGauge(name, 'float', undefined, metrics[name]);
    gauges.set(name, known);
    return known;
  };
  const tell = (samples: readonly Sample[]): void => {
    for (const { metric, value, tags } of samples) gauge(metric).set(value, tags);
  };
  const known = new Set<string>();
  let isSilent = false;
  while (!signal.aborted) {
    try {
      tell((await lookAt(client, known)).flatMap(samplesOf));
      isSilent = false;
    } catch (error) {
      if (!isSilent) warn(`the clusters' metrics are not renewed: ${String(error)}`);
      isSilent = true;
      // What nobody can be asked about is not known to be well.
      tell([...known].flatMap((cluster) => samplesOf({ cluster, change: 'silent' })).filter(isOfAnswer));
    }
    await pause(everyMs, undefined, { signal }).catch(() => undefined);
  }
}

/** Whether a change is open is another question than whether it answers. */
const isOfAnswer = ({ metric }: Sample): boolean => metric !== 'holdfast_change_open';

/** All clusters that have a workflow open, and those that had one; `known` learns them. */
export async function lookAt(client: Client, known: Set<string>): Promise<readonly Heard[]> {
  const open = new Map<string, Set<string>>();
  const types = ['failover', ...contract.changeWorkflows].map((type) => `'${type}'`).join(', ');
  const query = `ExecutionStatus = 'Running' AND WorkflowType IN (${types})`;
  for await (const run of client.workflow.list({ query })) {
    const cluster = run.typedSearchAttributes.get(contract.clusterAttribute);
    if (!cluster) continue;
    known.add(cluster);
    open.set(cluster, (open.get(cluster) ?? new Set()).add(run.workflowId));
  }
  return Promise.all([...known].map((cluster) => hear(client, cluster, open.get(cluster) ?? new Set())));
}

async function hear(client: Client, cluster: string, open: ReadonlySet<string>): Promise<Heard> {
  const { changeId, failoverId, failoverStatusQuery, statusQuery } = contract;
  const ask = async <T>(id: string, { name }: { readonly name: string }): Promise<T | undefined> =>
    open.has(id)
      ? client
          .withDeadline(Date.now() + patience, () => client.workflow.getHandle(id).query<T>(name))
          .catch(() => undefined)
      : undefined;
  const [failover, change] = await Promise.all([
    ask<FailoverStatus>(failoverId(cluster), failoverStatusQuery),
    ask<ChangeStatus>(changeId(cluster), statusQuery),
  ]);
  return { cluster, failover, change: change ?? (open.has(changeId(cluster)) ? 'silent' : 'none') };
}
