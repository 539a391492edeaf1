import { type StepBody, step } from './step.ts';
import { lookAtServing, whyNotServing } from './cluster-serves.ts';
import { jobName, notBroughtAbout, runPlaybook } from './playbook-run.ts';
import { refuseWhilePromoted } from './promoted-workers.ts';

/**
 * Worker nodes join a cluster that serves, and nothing is done to the others. Kubespray's own way: facts of every host
 * first, for what is left out by `--limit` is known from its cache of facts alone.
 */
const body: StepBody<'add-nodes'> = async (call, tools) => {
  const names = call.nodes.join(', ');
  const run = {
    call,
    job: jobName('add-nodes', call),
    name: 'scale.yml',
    playbooks: [['playbooks/facts.yml'], ['scale.yml', `--limit=${call.nodes.join(',')}`]],
    vouched: call.nodes,
  };
  const ready = async () => {
    if ((await whyNotServing(call.hosts, tools)) === undefined)
      return `${names}: nodes of the cluster, and Ready`;
    await refuseWhilePromoted(call, tools);
    return undefined;
  };
  const summary = await runPlaybook(run, ready, tools);
  if (summary !== undefined) return { changed: false, summary };
  const wrong = await whyNotServing(call.hosts, tools);
  if (wrong !== undefined) throw notBroughtAbout(run, wrong, lookAtServing, tools);
  return { changed: true, summary: `${names} joined, and Ready` };
};

/** As run-kubespray: a run of minutes or hours, whose age says nothing. */
export const addNodes = step('add-nodes', body, { tries: 8, minutes: Infinity });
