import { judgeAsked } from '../../cluster/failover/asked.ts';
import type { OpenDemotion } from '../../cluster/failover/demotion-request.ts';
import type { BackupHealth } from '../../cluster/failover/status.ts';
import type {
  ApproveInput,
  ChangeEndedInput,
  FailoverRequest,
  ForgetInput,
  LeaveAloneInput,
  PauseInput,
} from '../contract.ts';
import type { FailoverRecord } from './record.ts';

/** What is said to failover, and what it does to the record. Each returns why it cannot be followed, if it cannot. */
export type WhyNot = string | undefined;

export function whyNotAsked(record: FailoverRecord, request: FailoverRequest): WhyNot {
  if (record.promotion) return `the promotion of ${record.promotion.candidate} is under way`;
  if (record.request) return 'another promotion that was asked for is being looked at';
  if (record.paused) return `it is paused (${record.paused.reason}): holdfast resume ${record.cluster}`;
  const verdict = judgeAsked(request, record.seen, record.situation('none'), record.lookedAgoMs);
  return verdict.do === 'refuse' ? verdict.why : undefined;
}

export function ask(record: FailoverRecord, request: FailoverRequest): void {
  const { candidate, reason, by } = request;
  record.request = request;
  record.event(`${by ?? 'a person'} asks to promote ${candidate ?? 'a worker node'}: ${reason}`);
}

export function approve(record: FailoverRecord, { reason, by }: ApproveInput): WhyNot {
  if (record.wait?.reason !== 'approval') return 'nothing waits for an approval';
  record.approval = { reason, by, at: Date.now() };
  record.event(`approved by ${by}: ${reason}`);
  return undefined;
}

/** What it gave up, it tries again: a promotion that ended before its last step, or attempts to heal. */
export function tryAgain(record: FailoverRecord): WhyNot {
  const reason = record.wait?.reason;
  const gaveUp = record.stopped !== undefined || reason === 'cooldown';
  if (!gaveUp && reason !== 'healing-exhausted' && reason !== 'api-down')
    return 'no promotion is open, and nothing was given up';
  const { promotionEnded, ...memory } = record.memory;
  record.stopped = undefined;
  record.memory = {
    ...memory,
    heals: {},
    ...(!gaveUp && promotionEnded !== undefined && { promotionEnded }),
  };
  record.event('a person lets it try again');
  return undefined;
}

export function pause(record: FailoverRecord, { reason, by }: PauseInput): WhyNot {
  if (record.paused) return `it is paused already: ${record.paused.reason}`;
  const who = by ? `${by}: ${reason}` : reason;
  record.paused = { reason: who, since: new Date(Date.now()).toISOString() };
  record.changed();
  return undefined;
}

export function resume(record: FailoverRecord, { by }: { readonly by?: string }): WhyNot {
  if (!record.paused) return 'it is not paused';
  record.paused = undefined;
  record.event(`resumed${by ? ` by ${by}` : ''}`);
  return undefined;
}

export function forget(record: FailoverRecord, { host, by }: ForgetInput): WhyNot {
  const { controlPlane, seen } = record;
  const isHalf = record.halfDemoted.includes(host);
  if (!controlPlane.includes(host) && !isHalf)
    return `${host} is no control-plane node: ${controlPlane.join(', ')} are`;
  if (controlPlane.length === 1 && !isHalf) return `${host} is the only control-plane node`;
  const views = Object.values(seen?.picture.vantagePoints ?? {});
  if (views.some((view) => view?.api[host] === 'ready'))
    return `its API server serves: power ${host} off first, or it goes on as part of the control plane`;
  record.forget(host);
  record.event(`${host} is given up for good${by ? ` by ${by}` : ''}`);
  return undefined;
}

export function leaveAlone(record: FailoverRecord, { hosts, until }: LeaveAloneInput): void {
  const still = Object.entries(record.leaveAlone).filter(([, end]) => end > Date.now());
  record.leaveAlone = Object.fromEntries([...still, ...hosts.map((host) => [host, until] as const)]);
  const named = hosts.join(', ');
  record.event(
    until > Date.now()
      ? `a drill: ${named} left alone until ${new Date(until).toISOString()}`
      : `a drill: ${named} no longer left alone`,
  );
}

export function changeEnded(record: FailoverRecord, ended: ChangeEndedInput): void {
  const { workflowType, state, spec, promotion, demotion } = ended;
  record.change = { state: 'none', askedAt: Date.now(), pause: 0 };
  record.demoting = undefined;
  if (spec) record.apply(spec, state === 'done');
  if (promotion && state === 'done') record.promotedNow(promotion);
  if (demotion && state === 'done') record.demotedNow(demotion);
  else if (demotion) record.demotionEnded(demotion);
  record.event(`the change ${workflowType} ended: ${state}`);
}

export function demotionBegins(record: FailoverRecord, demotion: OpenDemotion): void {
  const { host, reason, by } = demotion;
  record.demoting = demotion;
  const { runId } = demotion;
  if (record.rules >= 6)
    record.change = { state: 'running', runId, workflowType: 'demote', askedAt: Date.now(), pause: 0 };
  record.event(`the demotion of ${host} begins (${by}): ${reason}`);
}

export function backupHealth(record: FailoverRecord, health: BackupHealth): void {
  if (health.problem !== record.backup?.problem)
    record.event(health.problem ? `backup: ${health.problem}` : 'backup: it is well');
  record.backup = health;
  record.changed();
}
