import { backupTroubles } from '../../cluster/failover/backup-troubles.ts';
import { hostsWithRole } from '../../cluster/cluster.ts';
import type { Cluster } from '../../cluster/cluster.ts';
import { emptyMemory } from '../../cluster/failover/decision.ts';
import type {
  Decision,
  Judgement,
  Memory,
  Readiness,
  Rules,
  Situation,
  Wait,
} from '../../cluster/failover/decision.ts';
import type { Notification } from '../../cluster/failover/notification.ts';
import type { Observation } from '../../cluster/failover/picture.ts';
import { samePicture } from '../../cluster/failover/same-picture.ts';
import type { OpenPromotion } from '../../cluster/failover/promotion-request.ts';
import { situationOf } from '../../cluster/failover/situation.ts';
import type { BackupHealth, FailoverEvent, FailoverState } from '../../cluster/failover/status.ts';
import type { FailoverRequest } from '../contract.ts';
import type { Carried, FailoverRun, KnownChange } from './carried.ts';
import { Membership } from './membership.ts';
import { pausedFor, promotionFailed } from './waits.ts';

const mostEvents = 50;
const mostRefused = 20;
/** ms */
const approvalHolds = 600_000;

/** All that failover knows. Who changes it calls `changed`, so that it is shown. */
export class FailoverRecord extends Membership {
  override spec: Cluster;
  memory: Memory = emptyMemory;
  readiness: Readonly<Record<string, Readiness>> = {};
  readonly events: FailoverEvent[] = [];
  readonly refused: { readonly signal: string; readonly why: string }[] = [];
  leaveAlone: Readonly<Record<string, number>> = {};
  decision: Decision = { do: 'nothing' };
  /** What a person is asked for. */
  wait: Wait | undefined;
  degraded: readonly string[] = [];
  state: FailoverState = 'watching';
  since: number;
  /** State and reason that people were told last. */
  told = 'watching';
  /** What was degraded when people were told last, as far as it still is. */
  toldLines: readonly string[] = [];
  /** What is degraded and what is waited for, as the events say it already. */
  said: readonly string[] = [];
  /** The state in the search attribute, which crosses a continue-as-new by itself. */
  shown: FailoverState = 'watching';
  readonly notices: Notification[] = [];
  change: KnownChange = { state: 'none', askedAt: 0, pause: 0 };
  paused: Carried['paused'];
  approval: Carried['approval'];
  request: FailoverRequest | undefined;
  stopped: string | undefined;
  seen: Observation | undefined;
  backup: BackupHealth | undefined;
  /** Since when the picture is as it is, over all watches. */
  pictureSince: number | undefined;
  /** A promotion has ended, and no observation since has started the cooldown. */
  cooldownDue = false;
  /** The promotion whose workflow is open. */
  override promotion: OpenPromotion | undefined;
  /** A run learns its own before it judges for the first time. */
  override rules: Rules = 1;
  /** Raised at every change; who shows the record compares it. */
  version = 0;

  constructor({ spec, learned }: FailoverRun, now: number) {
    super();
    this.spec = spec;
    this.since = now;
    if (!learned) return;
    const { events, refused, notices, ...rest } = learned;
    Object.assign(this, rest);
    this.events.push(...events);
    this.refused.push(...refused);
    this.notices.push(...notices);
    this.shown = this.state;
  }

  get cluster(): string {
    return this.spec.name;
  }

  /** All that is not as it should be: of the cluster, as it is seen, and of its backups, as they are told of. */
  get troubles(): readonly string[] {
    if (this.rules < 5) return this.degraded;
    const half = this.halfDemoted.filter((name) => name !== this.demoting?.host);
    return [
      ...this.degraded,
      ...half.map((name) => `the demotion of ${name} ended before its last step, and it does not serve`),
      ...backupTroubles(this.backup, this.spec, Date.now()),
    ];
  }

  /** Puts an observation down. */
  see(seen: Observation): void {
    if (!this.seen || !samePicture(this.seen.picture, seen.picture)) this.pictureSince = seen.since;
    this.seen = seen;
    if (this.cooldownDue) this.memory = { ...this.memory, promotionEnded: seen.until };
    this.cooldownDue = false;
    this.seeMembers(seen);
  }

  /** Puts a judgement down, as far as a person's word allows it. */
  learn({ memory, decision, waitingFor, degraded }: Judgement): void {
    this.memory = memory;
    this.degraded = degraded;
    if (this.promotion) return;
    const isWell = decision.do === 'nothing' && degraded.length === 0;
    // An approval is for the loss that it was given for.
    if (isWell || Date.now() - (this.approval?.at ?? 0) > approvalHolds) this.approval = undefined;
    if (isWell) this.stopped = undefined;
    const { stopped, paused } = this;
    this.decision = decision;
    this.wait =
      decision.do === 'promote' && paused ? pausedFor(this.cluster, paused.reason, decision.why) : waitingFor;
    if (stopped === undefined || (decision.do !== 'promote' && waitingFor)) return;
    this.wait = promotionFailed(this.cluster, stopped);
    if (decision.do === 'promote' || decision.do === 'nothing') this.decision = this.wait;
  }

  /** A step of the open promotion waits for a person. */
  get waitsInPromotion(): boolean {
    return this.promotion !== undefined && this.wait?.reason === 'promotion-waits';
  }

  get lookedAgoMs(): number {
    return this.lookedAt === undefined ? Infinity : Date.now() - this.lookedAt;
  }

  situation(change: Situation['change']): Situation {
    const { approval, paused, promotion, rules } = this;
    return situationOf(this.spec, this, {
      change,
      approved: approval !== undefined,
      paused: paused !== undefined && rules >= 2,
      rules,
      ...(rules >= 3 && { promoting: promotion?.candidate }),
    });
  }

  changed(): void {
    this.version += 1;
  }

  override event(what: string): void {
    this.events.push({ at: new Date(Date.now()).toISOString(), what: what.slice(0, 300) });
    this.events.splice(0, this.events.length - mostEvents);
    this.changed();
  }

  /** A signal that cannot be followed is said, never stored for later. */
  refuse(signal: string, why: string): void {
    this.refused.push({ signal, why: why.slice(0, 300) });
    this.refused.splice(0, this.refused.length - mostRefused);
    this.changed();
  }

  /** A spec was applied: to its end, or only in part. */
  apply(spec: Cluster, whole: boolean): void {
    const before = this.controlPlane;
    this.spec = spec;
    const masters = hostsWithRole(spec, 'control-plane').map(({ name }) => name);
    // Counted before it serves, one that lives would keep the loss of all others from being one.
    if (this.rules >= 5) this.joining = masters.filter((name) => !before.includes(name));
    const known = new Set(spec.hosts.map(({ name }) => name));
    // A bring-up that came to its end has brought back all that the spec names.
    if (whole) this.formerly = [];
    this.forgotten = whole ? [] : this.forgotten.filter((name) => masters.includes(name));
    this.promoted = this.promoted.filter((name) => known.has(name) && !masters.includes(name));
    this.lookedAt = undefined;
    this.changed();
  }
}
