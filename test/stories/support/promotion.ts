import { expect } from 'vitest';
import type { FailoverStatus } from '../../../cluster/failover/status.ts';
import { answered } from './answered.ts';
import { containersOf } from './containers.ts';
import { unhurried, until } from './holdfast.ts';
import { expectOneLeaderEach } from './leaders.ts';
import type { StoryLab } from './story-lab.ts';

export const kubectl = (cluster: string) =>
  `kubectl --kubeconfig /var/lib/holdfast/${cluster}/kubeconfig --request-timeout=5s`;

export async function failoverOf({ holdfast, name }: StoryLab): Promise<FailoverStatus | undefined> {
  const { code, stdout, stderr } = await holdfast.run(['status', name, '--json'], 1);
  try {
    return (JSON.parse(stdout) as { readonly failover?: FailoverStatus }).failover;
  } catch {
    // A story that waits in vain says nothing of the answers it did not get.
    console.error(`${new Date().toISOString()} holdfast status: exit code ${code} ${stderr.slice(-500)}`);
    return undefined;
  }
}

/** Objects that were written before, by name with their uid; and what the candidates' own pods were. */
export interface Before {
  readonly objects: string;
  readonly containers: ReadonlyMap<string, string>;
}

export const namespace = 'story-all-masters';

export async function noteBefore(lab: StoryLab, candidates: readonly string[]): Promise<Before> {
  const run = kubectl(lab.name);
  const names = Array.from({ length: 50 }, (_, n) => `note-${n}`).join(' ');
  // That of a run before may still be on its way out.
  const write = `phase=$(${run} get namespace ${namespace} --ignore-not-found -o jsonpath={.status.phase}) && [ "$phase" != Terminating ] || exit 1
     ${run} create namespace ${namespace} 2>/dev/null || true
     ${run} get node worker-3 -o jsonpath='{.status.images[*].names[*]}' | tr ' ' '\\n' | grep -m1 /pause: > /tmp/story-image || exit
     for name in ${names}; do printf 'apiVersion: v1\\nkind: ConfigMap\\nmetadata: { name: %s, namespace: ${namespace} }\\n---\\n' $name; done | ${run} apply --server-side -f - > /dev/null`;
  // Nothing is measured yet; on a busy machine one of the fifty may take longer than a request's limit.
  await until(
    'the objects of before are written',
    3,
    () => lab.on('bastion-1', write).then(() => '', String),
    (failure) => failure === '',
  );
  const containers = await Promise.all(
    candidates.map(async (name) => [name, await containersOf(lab, name)] as const),
  );
  return { objects: await objects(lab), containers: new Map(containers) };
}

/** Every object with its uid. */
export async function objects(lab: Pick<StoryLab, 'on' | 'name'>): Promise<string> {
  const columns = '-o custom-columns=NAME:.metadata.name,UID:.metadata.uid --no-headers';
  const get = `${kubectl(lab.name)} get configmaps -n ${namespace} ${columns}`;
  const lines = (await answered(lab.on, 'bastion-1', get)).split('\n');
  return lines
    .filter((line) => line.startsWith('note-'))
    .sort()
    .join('\n');
}

/** Waits until a worker node was promoted and serves. Its name. */
export async function untilPromoted(lab: StoryLab): Promise<string> {
  const status = await until(
    'a worker node is promoted',
    5,
    () => failoverOf(lab),
    (found) => found?.promoted[0] !== undefined && found.state !== 'promoting',
    unhurried,
  );
  return status?.promoted[0] as string;
}

/** Removes what the story wrote. */
export async function forget(lab: StoryLab): Promise<void> {
  const gone = `${kubectl(lab.name)} delete namespace ${namespace} --ignore-not-found --wait=false`;
  await answered(lab.on, 'bastion-1', gone);
}

/** The masters are back: labelled, tainted as they were, serving; one leader each; nothing lost or doubled. */
export async function expectMastersBack(lab: StoryLab, masters: readonly string[], before: Before) {
  const get = `${kubectl(lab.name)} get`;
  await until(
    'the old masters are control-plane nodes again',
    5,
    () =>
      lab
        .on('bastion-1', `${get} nodes -l node-role.kubernetes.io/control-plane -o name 2>&1 || true`)
        .catch(String),
    (answer) => masters.every((name) => answer.includes(`node/${name}\n`) || answer.endsWith(`node/${name}`)),
    unhurried,
  );
  await until(
    'the old masters serve',
    5,
    () =>
      lab
        .on(
          'bastion-1',
          `${get} endpointslices -n default kubernetes -o jsonpath='{.endpoints[*].addresses[*]}'`,
        )
        .catch(String),
    (answer) => masters.every((name) => answer.split(' ').includes(addressOf(lab, name))),
    unhurried,
  );
  const tainted = await answered(
    lab.on,
    'bastion-1',
    `${get} nodes ${masters.join(' ')} -o jsonpath='{range .items[*]}{.metadata.name}={.spec.taints[*].key} {end}'`,
  );
  for (const name of masters) expect(tainted).toContain(`${name}=node-role.kubernetes.io/control-plane`);
  // All that may: a busy failover that does not answer would leave nobody to be asked.
  await expectOneLeaderEach(lab, [...masters, ...lab.cluster.failover.candidates]);
  expect(await objects(lab)).toBe(before.objects);
}

export function addressOf({ cluster }: StoryLab, host: string): string {
  return cluster.hosts.find(({ name }) => name === host)?.address ?? '';
}
