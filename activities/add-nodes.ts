import { type StepBody, step } from './step.ts';
import { bastionPaths } from './bastion-paths.ts';
import { notServing, whyNotServing } from './cluster-serves.ts';
import { currentInputs } from './playbook-record.ts';
import {
  type PlaybookRun,
  followPlaybook,
  jobName,
  judgePlaybook,
  refuseSecondJob,
  startPlaybook,
} from './playbook-run.ts';
import { refuseWhilePromoted } from './promoted-workers.ts';

/**
 * Worker nodes join a cluster that serves, and nothing is done to the others. Kubespray's own way: facts of every host
 * first, for what is left out by `--limit` is known from its cache of facts alone.
 */
const body: StepBody<'add-nodes'> = async (call, tools) => {
  const { host, signal } = tools;
  const paths = bastionPaths(call.cluster);
  const run: PlaybookRun = {
    call,
    job: jobName('add-nodes', call),
    name: 'scale.yml',
    playbooks: [['playbooks/facts.yml'], ['scale.yml', `--limit=${call.nodes.join(',')}`]],
    vouched: call.nodes,
  };

  if ((await host.readJob(run.job, paths.run(run.job), 0)).state === 'absent') {
    await refuseSecondJob(run, tools);
    if ((await whyNotServing(call.hosts, tools)) === undefined)
      return { changed: false, summary: `${call.nodes.join(', ')}: nodes of the cluster, and Ready` };
    await refuseWhilePromoted(call, tools);
    const inputs = await currentInputs(host, call.cluster, run.name, signal);
    await startPlaybook(run, inputs, tools);
  }

  await judgePlaybook(run, await followPlaybook(run, tools), tools);
  const wrong = await whyNotServing(call.hosts, tools);
  if (wrong !== undefined) throw notServing(host.name, wrong, tools.lastTry);
  return { changed: true, summary: `${call.nodes.join(', ')} joined, and Ready` };
};

/** As run-kubespray: a run of minutes or hours, whose age says nothing. */
export const addNodes = step('add-nodes', body, { tries: 8, minutes: Infinity });
