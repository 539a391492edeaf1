import { sh } from '../hosts/shell.ts';
import type { StepCall } from '../cluster/steps.ts';
import { type StepBody, type StepTools, step } from './step.ts';
import { bastionPaths } from './bastion-paths.ts';
import { apiAnswers, lookAtServing, whyNotServing } from './cluster-serves.ts';
import { currentInputs, readRecord, sameInputs, writeRecord } from './playbook-record.ts';
import {
  type PlaybookRun,
  followPlaybook,
  inputsOf,
  jobName,
  judgePlaybook,
  notBroughtAbout,
  refuseSecondJob,
  startPlaybook,
} from './playbook-run.ts';
import { refuseWhilePromoted } from './promoted-workers.ts';

type Call = StepCall<'run-kubespray'>;

const body: StepBody<'run-kubespray'> = async (call, tools) => {
  const { host, signal } = tools;
  const paths = bastionPaths(call.cluster);
  const job = jobName('run-kubespray', call);
  const run: PlaybookRun = {
    call,
    job,
    name: call.playbook,
    playbooks: [[call.playbook]],
    vouched: call.hosts.map(({ name }) => name),
    hint: () => resetHint(call, tools),
  };

  const found = await host.readJob(job, paths.run(job), 0);
  if (found.state === 'absent') {
    await refuseSecondJob(run, tools);
    const inputs = await currentInputs(host, call.cluster, call.playbook, signal);
    if (
      sameInputs(await readRecord(host, paths.lastSuccess, signal), inputs) &&
      (await whyNotServing(call.hosts, tools)) === undefined
    )
      return { changed: false, summary: `Kubespray ran with this inventory before, and the cluster serves` };
    await refuseWhilePromoted(call, tools);
    await startPlaybook(run, inputs, tools);
  }

  const ended = await followPlaybook(run, tools);
  await judgePlaybook(run, ended, tools);
  const inputs = await readRecord(host, inputsOf(call.cluster, job), signal);
  const wrong = await whyNotServing(call.hosts, tools);
  if (wrong !== undefined) throw notBroughtAbout(run, wrong, lookAtServing, tools);
  if (inputs) await writeRecord(host, paths.lastSuccess, inputs, signal);
  const { done } = ended.events.progress();
  return {
    changed: true,
    summary: `${call.playbook} ended well on ${call.hosts.length} hosts, ${done} tasks`,
  };
};

/** A run of minutes or hours: its age says nothing, so attempts are counted; those of a lost connection too. */
export const runKubespray = step('run-kubespray', body, { tries: 8, minutes: Infinity });

/** kubeadm init that died half way is not tried again by the playbook: it sees the kubelet's config and goes on. */
async function resetHint(call: Call, tools: StepTools): Promise<string> {
  const { host, signal, other } = tools;
  const controlPlane = call.hosts
    .filter(({ roles }) => roles.includes('control-plane'))
    .map(({ name }) => name);
  const served = await host.readFile(bastionPaths(call.cluster).lastSuccess, { sudo: true, signal });
  const first = controlPlane[0];
  if (served || first === undefined || (await apiAnswers(controlPlane, tools))) return '';
  const begun = await other(first)
    .run(sh`test -e /var/lib/kubelet/config.yaml`, { sudo: true, signal, ok: [0, 1] })
    .catch(() => undefined);
  const { loadBalancer } = call;
  const { address, port } = loadBalancer?.internal ?? {};
  const waitsFor = loadBalancer?.existing
    ? ` kubeadm init waits for the API at ${address}:${port}: does the load balancer there, which is not holdfast’s, lead to ${first}:6443 as soon as that is ready?`
    : '';
  return begun?.code === 0
    ? `${waitsFor} If this cluster's API has never served and the retry ends at the same place, kubeadm init died half way: run reset.yml -e reset_confirmation=yes first. Never once it has served.`
    : '';
}
