import type { Host } from '../hosts/host.ts';
import { HostError } from '../hosts/errors.ts';
import { type StepBody, notYet, step } from './step.ts';
import { etcdctl } from './etcdctl.ts';

interface Members {
  readonly members: readonly {
    readonly name?: string;
    readonly clientURLs?: readonly string[];
    readonly isLearner?: boolean;
  }[];
}
type Health = readonly { readonly endpoint: string; readonly health: boolean; readonly error?: string }[];

const body: StepBody<'check-etcd'> = async (call, { host, other, signal }) => {
  const hosts = call.etcd.map(other);
  const { members } = await firstAnswer(hosts, (etcd) => etcdctl<Members>(etcd, ['member', 'list'], signal));
  const health = await firstAnswer(hosts, (etcd) =>
    etcdctl<Health>(etcd, ['endpoint', 'health', '--cluster'], signal),
  );
  const ill = health
    .filter((endpoint) => !endpoint.health)
    .map((e) => `${e.endpoint} is not healthy (${e.error ?? 'no reason'})`);
  const silent = members
    .filter((m) => !health.some((e) => m.clientURLs?.includes(e.endpoint)))
    .map((m) => `${m.name ?? 'a member'} did not answer`);
  const learners = members
    .filter((m) => m.isLearner)
    .map((m) => `${m.name ?? 'a member'} is a learner still`);
  const count =
    members.length === call.etcd.length
      ? []
      : [`etcd has ${members.length} members, the spec ${call.etcd.length}`];
  const wrong = [...count, ...ill, ...silent, ...learners];
  if (wrong.length > 0)
    throw notYet(host.name, wrong.join('; '), 'Look at journalctl -u etcd on the etcd hosts.');
  return { changed: false, summary: `${members.length} etcd members healthy` };
};

export const checkEtcd = step('check-etcd', body);

/** The answer of the first host that gives one; the last error when none does. */
async function firstAnswer<T>(hosts: readonly Host[], ask: (host: Host) => Promise<T>): Promise<T> {
  let last: unknown;
  for (const host of hosts) {
    try {
      return await ask(host);
    } catch (error) {
      if (!(error instanceof HostError)) throw error;
      last = error;
    }
  }
  throw last;
}
