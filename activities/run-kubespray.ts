import { cancellationDetails } from '@temporalio/activity';
import { setTimeout as sleep } from 'node:timers/promises';
import type { StepCall } from '../cluster/steps.ts';
import { HostError } from '../hosts/errors.ts';
import type { JobState } from '../hosts/host.ts';
import { redact, tail } from '../hosts/redact.ts';
import { sh } from '../hosts/shell.ts';
import { type StepBody, type StepTools, notYet, problem, step } from './step.ts';
import { bastionPaths } from './bastion-paths.ts';
import { apiAnswers, whyNotServing } from './cluster-serves.ts';
import { jobsOf } from './jobs-of.ts';
import { installProgressPlugin, playbookJob } from './playbook-job.ts';
import { PlaybookEvents } from './playbook-progress.ts';
import {
  type PlaybookInputs,
  currentInputs,
  readRecord,
  sameInputs,
  writeRecord,
} from './playbook-record.ts';
import { refuseWhilePromoted } from './promoted-workers.ts';
import { localSecrets } from './local-secrets.ts';

type Call = StepCall<'run-kubespray'>;

const body: StepBody<'run-kubespray'> = async (call, tools) => {
  const { host, signal } = tools;
  const paths = bastionPaths(call.cluster);
  const job = `holdfast-${call.cluster}-run-kubespray-${call.change.slice(0, 8)}-${call.job}`;
  const inputsFile = `${paths.run(job)}/inputs.json`;

  const found = await host.readJob(job, paths.run(job), 0);
  if (found.state === 'absent') {
    await refuseSecondJob(call, job, tools);
    const inputs = await currentInputs(host, call.cluster, call.playbook, signal);
    if (
      sameInputs(await readRecord(host, paths.lastSuccess, signal), inputs) &&
      (await whyNotServing(call.hosts, tools)) === undefined
    )
      return { changed: false, summary: `Kubespray ran with this inventory before, and the cluster serves` };
    await refuseWhilePromoted(call, tools);
    await start(call, job, inputs, inputsFile, tools);
  }

  const { state, events } = await follow(call, job, tools);
  await judge(call, job, state, events, tools);
  const inputs = await readRecord(host, inputsFile, signal);
  const wrong = await whyNotServing(call.hosts, tools);
  if (wrong !== undefined) throw notServing(host.name, wrong, tools.lastTry);
  if (inputs) await writeRecord(host, paths.lastSuccess, inputs, signal);
  const { done } = events.progress();
  return {
    changed: true,
    summary: `${call.playbook} ended well on ${call.hosts.length} hosts, ${done} tasks`,
  };
};

/** A run of minutes or hours: its age says nothing, so attempts are counted; those of a lost connection too. */
export const runKubespray = step('run-kubespray', body, { tries: 8, minutes: Infinity });

/** A cluster takes a moment to come to rest. One that does not needs a person, whose retry runs the playbook again. */
function notServing(host: string, wrong: string, lastTry: boolean): HostError {
  const said = `the playbook ended well, and yet: ${wrong}`;
  const next = 'Look at the kubelets and API servers of these hosts; a retry runs the playbook again.';
  return lastTry ? new HostError('JobFailed', host, said, { next }) : notYet(host, said, next);
}

/** A terminated change frees its id in Temporal, not the bastion: two playbooks at once would wreck the cluster. */
async function refuseSecondJob(call: Call, own: string, { host, signal }: StepTools): Promise<void> {
  const { stdout } = await host.run(
    sh`systemctl list-units --plain --no-legend --state=active,activating,deactivating,reloading ${`holdfast-${call.cluster}-*.service`}`,
    { sudo: true, signal },
  );
  const running = jobsOf(call.cluster, stdout)
    .map(({ unit }) => unit)
    .filter((unit) => unit !== own);
  if (running.length > 0)
    throw problem(
      host.name,
      `a job of an earlier change still runs: ${running.join(', ')}`,
      `Wait until it has ended, or end it on ${host.name}: systemctl stop ${running.join(' ')}; then retry.`,
    );
}

async function start(call: Call, job: string, inputs: PlaybookInputs, inputsFile: string, tools: StepTools) {
  const { host, signal } = tools;
  await installProgressPlugin(host, call.cluster, signal);
  const spec = playbookJob({
    cluster: call.cluster,
    job,
    playbook: call.playbook,
    venv: inputs.venv,
    hosts: call.hosts.length,
  });
  await host.run(sh`install -d -m 0700 ${bastionPaths(call.cluster).root}/runs ${spec.dir}`, {
    sudo: true,
    signal,
  });
  await writeRecord(host, inputsFile, inputs, signal);
  await host.startJob(spec);
}

/** Until the job has ended. Ends the job itself only when a person or the workflow asked for that. */
async function follow(call: Call, job: string, tools: StepTools) {
  const { host, signal, heartbeat } = tools;
  const dir = bastionPaths(call.cluster).run(job);
  const events = new PlaybookEvents(await localSecrets(call, tools.deps));
  let read = 0;
  let unseen = 0;
  try {
    for (;;) {
      // State before progress: what an ended job has written is then all read.
      const state = await host.readJob(job, dir, Number.MAX_SAFE_INTEGER - 1);
      read = await readEvents(`${dir}/progress.jsonl`, read, events, tools);
      heartbeat({ ...events.progress(), offset: read });
      // systemd takes a moment between the order and the unit.
      if (state.state === 'absent' && ++unseen > 10)
        throw notYet(host.name, `the unit ${job} did not start`, `Look at journalctl -u ${job}.`);
      if (state.state === 'ended' || state.state === 'vanished') return { state, events };
      await sleep(1000, undefined, { signal });
    }
  } catch (error) {
    if (signal.aborted && cancellationDetails()?.cancelRequested) await host.stopJob(job, dir);
    throw error;
  }
}

/** Whole lines only; returns the offset of the first that was not read. */
async function readEvents(file: string, from: number, events: PlaybookEvents, { host, signal }: StepTools) {
  let offset = from;
  for (;;) {
    const { stdout } = await host.run(
      sh`if [ -e ${file} ]; then tail -c +${offset + 1} ${file} | head -c 262144; fi`,
      { sudo: true, signal },
    );
    const whole = stdout.slice(0, stdout.lastIndexOf('\n') + 1);
    if (whole === '') return offset;
    for (const line of whole.split('\n')) events.add(line);
    offset += Buffer.byteLength(whole);
  }
}

/** Exit code, recap and presence of every host must agree; a dead host can leave no facts and exit code 0. */
async function judge(call: Call, job: string, state: JobState, events: PlaybookEvents, tools: StepTools) {
  const { host, signal, deps } = tools;
  const unproven = events.unproven(call.hosts.map(({ name }) => name));
  const rc = state.state === 'ended' ? state.rc : undefined;
  const troubles = events.troubles();
  if (rc === 0 && unproven.length === 0 && troubles.length === 0) return;

  const dir = bastionPaths(call.cluster).run(job);
  const log = await host.run(sh`tail -c 4000 ${`${dir}/log`} 2>/dev/null || true`, { sudo: true, signal });
  const secrets = await localSecrets(call, deps);
  throw new HostError('JobFailed', host.name, reason(call.playbook, rc, troubles, unproven), {
    command: `ansible-playbook ${call.playbook} (unit ${job})`,
    ...(rc === undefined ? {} : { exitCode: rc }),
    tail: tail(redact(log.stdout, secrets)),
    next: `Mend the host, then retry: a new run converges. Whole log on ${host.name}: ${dir}/log.${await resetHint(call, tools)}`,
  });
}

function reason(
  playbook: string,
  rc: number | undefined,
  troubles: ReturnType<PlaybookEvents['troubles']>,
  unproven: readonly string[],
): string {
  const failed = troubles
    .slice(0, 3)
    .map(({ host, task, message }) => `${host}: task "${task}": ${message.slice(0, 600)}`);
  const more = troubles.length > 3 ? [`and ${troubles.length - 3} more hosts`] : [];
  if (rc === undefined)
    return [`${playbook} was cut off without a result (was the bastion powered off?)`, ...failed].join('; ');
  if (failed.length > 0) return [`${playbook} failed on`, [...failed, ...more].join('; ')].join(' ');
  return rc === 0
    ? `${playbook} ended with 0, but its recap does not vouch for ${unproven.join(', ')}`
    : `${playbook} ended with ${rc} before any host failed`;
}

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
  return begun?.code === 0
    ? ` If this cluster's API has never served and the retry ends at the same place, kubeadm init died half way: run reset.yml -e reset_confirmation=yes first. Never once it has served.`
    : '';
}
