import type { StepCall } from '../cluster/steps.ts';
import { HostError } from '../hosts/errors.ts';
import { sh } from '../hosts/shell.ts';
import { type StepBody, type StepTools, problem, step } from './step.ts';
import { nodeNames } from './cluster-serves.ts';
import { jobName, notBroughtAbout, runPlaybook } from './playbook-run.ts';
import { refuseWhilePromoted } from './promoted-workers.ts';

type Call = StepCall<'remove-nodes'>;

/** Worker nodes leave: their pods are moved, the hosts are wiped of Kubernetes unless they are dead, the Node objects go. */
const body: StepBody<'remove-nodes'> = async (call, tools) => {
  const names = call.nodes.join(', ');
  const variables = {
    node: call.nodes.join(','),
    skip_confirmation: true,
    ...(call.dead && { reset_nodes: false, allow_ungraceful_removal: true }),
  };
  const run = {
    call,
    job: jobName('remove-nodes', call),
    name: 'remove-node.yml',
    playbooks: [['remove-node.yml', '-e', JSON.stringify(variables)]],
    vouched: call.nodes,
    hint: () =>
      Promise.resolve(
        ' Pods that may not be moved (a PodDisruptionBudget, local data) hold a drain up: kubectl get pods -A -o wide names them.',
      ),
  };

  const ready = async () => {
    if ((await leftovers(call, tools)).length === 0)
      return `${names}: no nodes of the cluster, nothing of it on them`;
    await refuseWhilePromoted(call, tools);
    return undefined;
  };
  const summary = await runPlaybook(run, ready, tools);
  if (summary !== undefined) return { changed: false, summary };
  const left = await leftovers(call, tools);
  if (left.length > 0)
    throw notBroughtAbout(run, left.join('; '), `Look at ${names} and at kubectl get nodes`, tools);
  return { changed: true, summary: `${names} removed` };
};

/** As run-kubespray: a run of minutes or hours, whose age says nothing. */
export const removeNodes = step('remove-nodes', body, { tries: 8, minutes: Infinity });

/** What of these nodes is still there, in words. That nobody answers for the cluster is not "none". */
async function leftovers(call: Call, tools: StepTools): Promise<readonly string[]> {
  const controlPlane = call.hosts
    .filter(({ roles }) => roles.includes('control-plane'))
    .map(({ name }) => name);
  const known = await nodeNames(controlPlane, tools);
  if (!known)
    throw problem(
      tools.host.name,
      'no control-plane node answers for the cluster',
      'Pods can only be moved while the cluster serves: mend it first (holdfast status), then retry.',
    );
  const objects = call.nodes.filter((name) => known.includes(name)).map((name) => `${name} is a node`);
  const hosts = call.dead
    ? []
    : await Promise.all(call.nodes.map(async (name) => ((await isNode(name, tools)) ? [name] : [])));
  return [...objects, ...hosts.flat().map((name) => `${name} holds the files of a node`)];
}

async function isNode(name: string, { host, other, signal, lastTry }: StepTools): Promise<boolean> {
  try {
    const look = sh`test -e /etc/kubernetes/kubelet.conf`;
    return (await other(name).run(look, { sudo: true, signal, ok: [0, 1] })).code === 0;
  } catch (error) {
    if (!(error instanceof HostError) || error.kind !== 'ConnectionLost' || !lastTry) throw error;
    throw problem(
      host.name,
      `${name} does not answer: ${error.message}`,
      'Switch it on; or, where it is gone for good, abort this and start it with --dead.',
    );
  }
}
