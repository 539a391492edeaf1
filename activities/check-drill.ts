import { getClient } from '@temporalio/activity';
import type { FailoverStatus } from '../cluster/failover/status.ts';
import type { StepCall, StepResult } from '../cluster/steps.ts';
import { failoverId } from '../cluster/workflow-ids.ts';
import { HostError } from '../hosts/errors.ts';
import { sh } from '../hosts/shell.ts';
import { type StepBody, type StepTools, problem, step } from './step.ts';
import { changeState } from './change-state.ts';
import { etcdctl } from './etcdctl.ts';

type Call = StepCall<'check-drill'>;

/** Hosts that this drill is about. */
export interface DrillHosts extends StepResult {
  readonly hosts: readonly string[];
}

/** A drill begins only on a cluster that is well and watched, and finds out whom it is about. */
const body: StepBody<'check-drill', DrillHosts> = async (call, tools) => {
  const refuse = (why: string, next: string) => problem(tools.host.name, `no drill: ${why}`, next);
  const change = await changeState()({ cluster: call.cluster });
  if (change.state !== 'none')
    throw refuse(
      `a change of the cluster is open (${change.workflowType})`,
      `Wait for it: holdfast watch ${call.cluster}`,
    );
  const status = await failoverStatus(call.cluster);
  const why = whyNotWell(status, call.story);
  if (why !== undefined || !status)
    throw refuse(why ?? 'failover does not answer', `holdfast status ${call.cluster}`);
  const hosts = await hostsOf(call, status, tools);
  if (hosts.length === 0)
    throw refuse(`there is no host for ${call.story}`, `holdfast status ${call.cluster}`);
  if (hosts.includes(tools.host.name))
    throw refuse(
      `${tools.host.name} is the bastion too, and has to put things back`,
      'Choose another story.',
    );
  const promotes = whyPromotes(call, hosts, status);
  if (promotes !== undefined) throw refuse(promotes, 'The drill of a promotion is all-masters.');
  return { changed: false, summary: `${hosts.join(', ')}; the cluster is watched, and well`, hosts };
};

export const checkDrill = step('check-drill', body);

/** Undefined: it does not run, or does not answer. */
export async function failoverStatus(cluster: string): Promise<FailoverStatus | undefined> {
  try {
    const client = getClient();
    return await client.withDeadline(Date.now() + 5000, () =>
      client.workflow.getHandle(failoverId(cluster)).query<FailoverStatus>('status'),
    );
  } catch {
    return undefined;
  }
}

export function whyNotWell(status: FailoverStatus | undefined, story: Call['story']): string | undefined {
  if (!status) return 'failover does not watch this cluster, or no worker answers';
  if (status.paused) return `failover is paused (${status.paused.reason})`;
  if (status.state !== 'watching') return `failover is ${status.state}: ${status.degraded.join('; ')}`;
  if (!status.picture) return 'failover has not looked yet';
  if (status.waitingFor) return `failover waits for a person: ${status.waitingFor.why}`;
  if (status.backup?.problem !== undefined) return `the backups are not well: ${status.backup.problem}`;
  const ready = Object.values(status.candidates).some((one) => one !== null && one.problem === undefined);
  if (story === 'all-masters' && !ready) return 'no candidate is known to be ready for a promotion';
  return undefined;
}

/** Only one story is about a promotion, and says so before. */
function whyPromotes(
  { promoteBelow = 0 }: Call,
  hosts: readonly string[],
  { controlPlane }: FailoverStatus,
): string | undefined {
  const left = controlPlane.filter((name) => !hosts.includes(name)).length;
  return left < controlPlane.length && left < promoteBelow
    ? `failover.below is ${promoteBelow}, and ${left} would serve: a worker node would be promoted for real`
    : undefined;
}

async function hostsOf(call: Call, status: FailoverStatus, tools: StepTools): Promise<readonly string[]> {
  const { controlPlane, promoted } = status;
  if (call.story === 'all-masters') return controlPlane;
  if (call.story === 'load-balancer') return holders(call, tools);
  if (call.story === 'etcd') return leader(call, tools);
  const own = controlPlane.filter((name) => !promoted.includes(name));
  return [own.at(-1) ?? controlPlane.at(-1)].flatMap((name) => name ?? []);
}

async function holders({ balancers, internal }: Call, { other, signal }: StepTools): Promise<string[]> {
  const held = await Promise.all(
    balancers.map(async (name) => {
      const { stdout } = await other(name).run(sh`ip -o -4 addr show to ${`${internal}/32`}`, { signal });
      return stdout.trim() === '' ? [] : [name];
    }),
  );
  return held.flat().slice(0, 1);
}

type EndpointStatus = readonly {
  readonly Endpoint: string;
  readonly Status: { readonly leader: number; readonly header: { readonly member_id: number } };
}[];

/** By the word of whichever member answers first. */
async function leader({ etcd }: Call, { other, signal }: StepTools): Promise<string[]> {
  for (const { name } of etcd) {
    try {
      const members = await etcdctl<EndpointStatus>(other(name), ['endpoint', 'status', '--cluster'], signal);
      const leads = members.find(({ Status: { leader: id, header } }) => id === header.member_id);
      const found = etcd.find(({ address }) => leads && new URL(leads.Endpoint).hostname === address);
      if (found) return [found.name];
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof HostError)) throw error;
    }
  }
  return [];
}
