import type { Cluster } from '../../cluster/cluster.ts';
import type { OpenDemotion } from '../../cluster/failover/demotion-request.ts';
import type { BackupHealth } from '../../cluster/failover/status.ts';
import type {
  ApproveInput,
  ChangeEndedInput,
  FailoverInput,
  FailoverRequest,
  ForgetInput,
  LeaveAloneInput,
  PauseInput,
} from '../contract.ts';
import type { Read } from '../signal-input.ts';

/** What the signals of failover may carry. Anyone can send anything from the UI's form: whatever else is refused. */

export function request(sent: unknown): Read<FailoverRequest> {
  return shaped<FailoverRequest>(sent, '{"reason": "…", "candidate": "…"}; candidate may be left out', {
    reason: isWords,
    candidate: optional(isWords),
    by: optional(isText),
  });
}

export function pause(sent: unknown): Read<PauseInput> {
  return shaped<PauseInput>(sent, '{"reason": "…"}', { reason: isWords, by: optional(isText) });
}

export function resume(sent: unknown): Read<{ readonly by?: string }> {
  return shaped<{ by?: string }>(sent ?? {}, '{"by": "…"}, or nothing', { by: optional(isText) });
}

export function approve(sent: unknown): Read<ApproveInput> {
  return shaped<ApproveInput>(sent, '{"reason": "…", "by": "…"}', { reason: isWords, by: isWords });
}

export function forget(sent: unknown): Read<ForgetInput> {
  return shaped<ForgetInput>(sent, '{"host": "…"}', { host: isWords, by: optional(isText) });
}

export function leaveAlone(sent: unknown): Read<LeaveAloneInput> {
  return shaped<LeaveAloneInput>(sent, '{"hosts": ["…"], "until": milliseconds since 1970}', {
    hosts: isTexts,
    until: isTime,
  });
}

export function backupHealth(sent: unknown): Read<BackupHealth> {
  return shaped<BackupHealth>(sent, '{"newest": "…", "problem": "…"}', {
    newest: optional(isText),
    problem: optional(isText),
  });
}

export function changeEnded(sent: unknown, cluster: string): Read<ChangeEndedInput> {
  return shaped<ChangeEndedInput>(sent, 'what a change sends as it ends', {
    workflowType: isText,
    runId: isText,
    state: (value) => value === 'done' || value === 'failed' || value === 'yielded',
    spec: optional((value) => isClusterNamed(value, cluster)),
    promotion: optional(isPromotion),
    demotion: optional(isDemotion),
  });
}

export function demotionBegins(sent: unknown): Read<OpenDemotion> {
  return shaped<OpenDemotion>(sent, 'what a demotion sends as it begins', {
    host: isText,
    serving: isTexts,
    reason: isText,
    by: isText,
    runId: isText,
  });
}

export function configure(sent: unknown, cluster: string): Read<FailoverInput> {
  return shaped<FailoverInput>(sent, `{"spec": …}, the whole of a parsed spec of ${cluster}`, {
    spec: (value) => isClusterNamed(value, cluster),
  });
}

type Check = (value: unknown) => boolean;

function shaped<T extends object>(
  sent: unknown,
  takes: string,
  checks: Readonly<Record<keyof T, Check>>,
): Read<T> {
  if (!isRecord(sent)) return { why: `takes ${takes}` };
  const wrong = Object.entries<Check>(checks).find(([name, check]) => !check(sent[name] ?? undefined));
  if (wrong) return { why: `${wrong[0]} is missing or not as it should be: takes ${takes}` };
  // What else was sent does not stand in the history of the next run.
  const known = Object.keys(checks).filter((name) => (sent[name] ?? undefined) !== undefined);
  return { input: Object.fromEntries(known.map((name) => [name, sent[name]])) as T };
}

/** Enough of it that nothing which reads a `Cluster` trips; who sends one has parsed it from a spec. */
function isClusterNamed(value: unknown, name: string): value is Cluster {
  if (!isRecord(value) || value.name !== name || !Array.isArray(value.hosts)) return false;
  const { failover, backup, kubernetes, kubespray, hosts } = value;
  return (
    [failover, backup, kubernetes, kubespray].every(isRecord) &&
    isTexts((failover as Record<string, unknown>).candidates) &&
    isTexts((backup as Record<string, unknown>).alsoTo) &&
    hosts.every(
      (host: unknown) =>
        isRecord(host) &&
        isText(host.name) &&
        isText(host.address) &&
        optional(isText)(host.ip) &&
        isTexts(host.roles) &&
        isRecord(host.ssh),
    ) &&
    hosts.some((host: Record<string, unknown>) => (host.roles as string[]).includes('bastion'))
  );
}

function isPromotion(value: unknown): boolean {
  return (
    isRecord(value) &&
    [value.candidate, value.reason, value.by].every(isText) &&
    isTexts(value.lost) &&
    isTexts(value.controlPlane)
  );
}

function isDemotion(value: unknown): boolean {
  return isRecord(value) && [value.host, value.reason, value.by].every(isText) && isTexts(value.serving);
}

const isText: Check = (value) => typeof value === 'string' && value.length <= 1000;
const isWords: Check = (value) => isText(value) && (value as string).trim() !== '';
const isTexts: Check = (value) => Array.isArray(value) && value.every(isText);
/** What a Date can hold. */
const isTime: Check = (value) => typeof value === 'number' && value > 0 && value < 8.64e15;
const optional =
  (check: Check): Check =>
  (value) =>
    value === undefined || check(value);

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
