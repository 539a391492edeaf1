import type { InventoryHost } from '../cluster/steps.ts';
import type { Host } from '../hosts/host.ts';
import { HostError } from '../hosts/errors.ts';
import { sh } from '../hosts/shell.ts';
import type { StepTools } from './step.ts';
import { problem } from './step.ts';

/** What a host is to one of the two groups that have a first place. Unreachable counts as `kept`: it may hold all. */
type State = 'live' | 'kept' | 'fresh';
const rank: Record<State, number> = { live: 0, kept: 1, fresh: 2 };

type Probed = { readonly name: string; readonly etcd?: State; readonly controlPlane?: State };

/**
 * Names for the head of the inventory: living members of etcd and the control plane, then hosts that hold the data
 * or keys of one; each in the file's order. A fresh host in first place would make a new CA.
 */
export async function membersFirst(
  hosts: readonly InventoryHost[],
  { host, other, signal }: Pick<StepTools, 'host' | 'other' | 'signal'>,
): Promise<readonly string[]> {
  const members = hosts.filter(({ roles }) => roles.includes('etcd') || roles.includes('control-plane'));
  const probed = await Promise.all(members.map((member) => probe(other(member.name), member, signal)));
  // A host that is fresh in one of its two roles must not lead that group, so its worse state counts.
  const worst = ({ etcd, controlPlane }: Probed) =>
    Math.max(rank[etcd ?? 'live'], rank[controlPlane ?? 'live']);
  const ordered = probed.toSorted((a, b) => worst(a) - worst(b));
  for (const group of ['etcd', 'controlPlane'] as const) {
    const states = ordered.flatMap((one) => (one[group] ? [{ name: one.name, state: one[group] }] : []));
    const member = states.find(({ state }) => state !== 'fresh');
    if (states[0]?.state === 'fresh' && member)
      throw problem(
        host.name,
        `${states[0].name} is fresh and would lead ${group === 'etcd' ? 'etcd' : 'the control plane'}, of which ${member.name} is a member: a new CA would be made`,
        'Bring the members back that hold both etcd and the control plane, or take the fresh host out of the spec.',
      );
  }
  return ordered.filter((one) => worst(one) < rank.fresh).map(({ name }) => name);
}

async function probe(host: Host, { name, roles }: InventoryHost, signal: AbortSignal): Promise<Probed> {
  const [etcd, controlPlane] = await Promise.all([
    roles.includes('etcd') ? ask(host, etcdState, signal) : undefined,
    roles.includes('control-plane') ? ask(host, controlPlaneState, signal) : undefined,
  ]);
  return { name, ...(etcd && { etcd }), ...(controlPlane && { controlPlane }) };
}

async function ask(host: Host, question: typeof etcdState, signal: AbortSignal): Promise<State> {
  try {
    const answer = (await host.run(question, { sudo: true, signal, timeout: 30 })).stdout.trim();
    return answer === 'live' || answer === 'fresh' ? answer : 'kept';
  } catch (error) {
    if (error instanceof HostError && error.kind === 'ConnectionLost') return 'kept';
    throw error;
  }
}

/** Healthy as seen by itself: a read that needs the quorum. */
const etcdState = sh`if [ -e /etc/etcd.env ] && ( set -a; . /etc/etcd.env; set +a; etcdctl --dial-timeout=3s --command-timeout=8s endpoint health ) >/dev/null 2>&1; then echo live
elif [ -e /etc/etcd.env ] || [ -e /var/lib/etcd/member ] || [ -e /etc/ssl/etcd/ssl/ca-key.pem ]; then echo kept
else echo fresh; fi`;

/** Any answer over HTTP is one: where anonymous requests are off, it is 401. */
const controlPlaneState = sh`manifest=/etc/kubernetes/manifests/kube-apiserver.yaml
port=$(sed -n 's/.*--secure-port=\\([0-9]*\\).*/\\1/p' $manifest 2>/dev/null)
if [ -e $manifest ] && curl -sk --max-time 5 -o /dev/null https://127.0.0.1:\${port:-6443}/readyz; then echo live
elif [ -e /etc/kubernetes/ssl/ca.key ] || [ -e /etc/kubernetes/pki/ca.key ]; then echo kept
else echo fresh; fi`;
