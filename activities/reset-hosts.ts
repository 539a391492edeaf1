import type { StepCall } from '../cluster/steps.ts';
import { sh } from '../hosts/shell.ts';
import { bastionPaths } from './bastion-paths.ts';
import { jobName, notBroughtAbout, runPlaybook } from './playbook-run.ts';
import { type StepBody, type StepTools, step } from './step.ts';

/** Kubernetes and etcd are wiped from every host, with all that they hold. Backups stay where they are. */
const body: StepBody<'reset-hosts'> = async (call, tools) => {
  const { host, signal } = tools;
  const paths = bastionPaths(call.cluster);
  const run = {
    call,
    job: jobName('reset-hosts', call),
    name: 'reset.yml',
    playbooks: [['reset.yml', '-e', JSON.stringify({ reset_confirmation: true, skip_confirmation: true })]],
    vouched: call.hosts.map(({ name }) => name),
  };

  const ready = async () => {
    const left = await notWiped(call, tools);
    // From here on what ran before says nothing of the hosts any more.
    await host.run(sh`rm -f -- ${paths.lastSuccess}`, { sudo: true, signal });
    return left.length === 0 ? 'no host holds anything of Kubernetes or etcd' : undefined;
  };
  const summary = await runPlaybook(run, ready, tools);
  if (summary !== undefined) return { changed: false, summary };
  const left = await notWiped(call, tools);
  if (left.length > 0)
    throw notBroughtAbout(run, `not wiped: ${left.join(', ')}`, `Look at ${traces.join(', ')} there`, tools);
  return { changed: true, summary: `Kubernetes and etcd wiped from ${call.hosts.length} hosts` };
};

/** As run-kubespray: a run of minutes or hours, whose age says nothing. */
export const resetHosts = step('reset-hosts', body, { tries: 8, minutes: Infinity });

const traces = [
  '/etc/kubernetes/kubelet.conf',
  '/etc/kubernetes/manifests',
  '/etc/etcd.env',
  '/var/lib/etcd/member',
];

/** Hosts that hold something yet. One that does not answer is an error, not a "no". */
async function notWiped({ hosts }: StepCall<'reset-hosts'>, { other, signal }: StepTools) {
  const look = sh`for trace in ${traces}; do if [ -e "$trace" ]; then exit 1; fi; done`;
  const looked = await Promise.all(
    hosts.map(async ({ name }) =>
      (await other(name).run(look, { sudo: true, signal, ok: [0, 1] })).code === 0 ? [] : [name],
    ),
  );
  return looked.flat();
}
