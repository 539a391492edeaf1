import { cancellationDetails } from '@temporalio/activity';
import { setTimeout as sleep } from 'node:timers/promises';
import type { InventoryInput, StepContext, StepId } from '../cluster/steps.ts';
import { changeMark } from '../cluster/workflow-ids.ts';
import { HostError } from '../hosts/errors.ts';
import type { JobState } from '../hosts/host.ts';
import { redact, tail } from '../hosts/redact.ts';
import { sh } from '../hosts/shell.ts';
import { type StepTools, notYet, problem } from './step.ts';
import { bastionPaths } from './bastion-paths.ts';
import { jobsOf } from './jobs-of.ts';
import { localSecrets } from './local-secrets.ts';
import { installProgressPlugin, playbookJob } from './playbook-job.ts';
import { PlaybookEvents } from './playbook-progress.ts';
import { type PlaybookInputs, currentInputs, writeRecord } from './playbook-record.ts';

/** Playbooks of Kubespray as one detached job on the bastion. */
export interface PlaybookRun {
  readonly call: InventoryInput & StepContext;
  /** The systemd unit. */
  readonly job: string;
  /** For people: the playbook that does what the step is for. */
  readonly name: string;
  /** Playbooks that run one after another, each with its arguments; where one fails those behind it do not start. */
  readonly playbooks: readonly (readonly string[])[];
  /** Hosts that the last one's recap must vouch for. */
  readonly vouched: readonly string[];
  /** What a person may do beside mending the host, where there is more to say. */
  readonly hint?: () => Promise<string>;
}

/** The deterministic name of a step's job: a Temporal attempt finds the one that an earlier attempt started. */
export function jobName(
  step: StepId,
  { cluster, change, job }: Pick<StepContext, 'cluster' | 'change' | 'job'>,
): string {
  return `holdfast-${cluster}-${step}-${changeMark(change)}-${job}`;
}

/**
 * Starts the run unless an earlier attempt has, follows it to its end and judges it. `ready`: asked before it is started;
 * says what makes it unnecessary, and may throw. Returns what it said, or undefined once the run has ended well.
 */
export async function runPlaybook(
  run: PlaybookRun,
  ready: () => Promise<string | undefined>,
  tools: StepTools,
): Promise<string | undefined> {
  const { host, signal } = tools;
  const { cluster } = run.call;
  if ((await host.readJob(run.job, bastionPaths(cluster).run(run.job), 0)).state === 'absent') {
    await refuseSecondJob(run, tools);
    const unnecessary = await ready();
    if (unnecessary !== undefined) return unnecessary;
    await startPlaybook(run, await currentInputs(host, cluster, run.name, signal), tools);
  }
  await judgePlaybook(run, await followPlaybook(run, tools), tools);
  return undefined;
}

/** A terminated change frees its id in Temporal, not the bastion: two playbooks at once would wreck the cluster. */
export async function refuseSecondJob(
  { call, job: own }: PlaybookRun,
  { host, signal }: StepTools,
): Promise<void> {
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

/** `inputs` are filed beside the job, for whoever takes its result. */
export async function startPlaybook(
  { call, job, playbooks }: PlaybookRun,
  inputs: PlaybookInputs,
  { host, signal }: StepTools,
): Promise<void> {
  await installProgressPlugin(host, call.cluster, signal);
  const spec = playbookJob({
    cluster: call.cluster,
    job,
    playbooks,
    venv: inputs.venv,
    hosts: call.hosts.length,
  });
  await host.run(sh`install -d -m 0700 ${bastionPaths(call.cluster).root}/runs ${spec.dir}`, {
    sudo: true,
    signal,
  });
  await writeRecord(host, inputsOf(call.cluster, job), inputs, signal);
  await host.startJob(spec);
}

/** The file beside a job that says what it works with. */
export const inputsOf = (cluster: string, job: string): string =>
  `${bastionPaths(cluster).run(job)}/inputs.json`;

/** Until the job has ended. Ends the job itself only when a person or the workflow asked for that. */
export async function followPlaybook({ call, job }: PlaybookRun, tools: StepTools) {
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

/**
 * What a playbook that ended well should have brought about is not so. It may take a moment; for what does not come, only
 * a person's retry starts a new run: an attempt takes this one's result again.
 */
export function notBroughtAbout(
  { name }: Pick<PlaybookRun, 'name'>,
  wrong: string,
  look: string,
  { host, lastTry }: Pick<StepTools, 'host' | 'lastTry'>,
): HostError {
  const said = `${name} ended well, and yet: ${wrong}`;
  const next = `${look}; a retry runs the playbook again.`;
  return lastTry ? new HostError('JobFailed', host.name, said, { next }) : notYet(host.name, said, next);
}

/** Exit code, recap and presence of every host must agree; a dead host can leave no facts and exit code 0. */
export async function judgePlaybook(
  { call, job, name, vouched, hint }: PlaybookRun,
  { state, events }: { readonly state: JobState; readonly events: PlaybookEvents },
  { host, signal, deps }: StepTools,
): Promise<void> {
  const unproven = events.unproven(vouched);
  const rc = state.state === 'ended' ? state.rc : undefined;
  const troubles = events.troubles();
  if (rc === 0 && unproven.length === 0 && troubles.length === 0) return;

  const dir = bastionPaths(call.cluster).run(job);
  const log = await host.run(sh`tail -c 4000 ${`${dir}/log`} 2>/dev/null || true`, { sudo: true, signal });
  const secrets = await localSecrets(call, deps);
  throw new HostError('JobFailed', host.name, reason(name, rc, troubles, unproven), {
    command: `ansible-playbook ${name} (unit ${job})`,
    ...(rc === undefined ? {} : { exitCode: rc }),
    tail: tail(redact(log.stdout, secrets)),
    next: `Mend the host, then retry: a new run converges. Whole log on ${host.name}: ${dir}/log.${(await hint?.()) ?? ''}`,
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
