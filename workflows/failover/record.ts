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
import type { Demotion } from '../../cluster/failover/demotion-request.ts';
import type { OpenPromotion, Promotion } from '../../cluster/failover/promotion-request.ts';
import {
  controlPlaneHosts,
  isDemoted,
  isPromoted,
  openCandidates,
  serves,
  situationOf,
} from '../../cluster/failover/situation.ts';
import type { BackupHealth, FailoverEvent, FailoverState } from '../../cluster/failover/status.ts';
import type { FailoverRequest } from '../contract.ts';
import type { Carried, FailoverRun, KnownChange } from './carried.ts';
import { pausedFor, promotionFailed } from './waits.ts';

const mostEvents = 50;
const mostRefused = 20;
/** ms */
const approvalHolds = 600_000;

/** All that failover knows. Who changes it calls `changed`, so that it is shown. */
export class FailoverRecord {
  spec: Cluster;
  promoted: readonly string[] = [];
  forgotten: readonly string[] = [];
  memory: Memory = emptyMemory;
  readiness: Readonly<Record<string, Readiness>> = {};
  /** When the candidates were last looked at. */
  lookedAt: number | undefined;
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
  /** Added by a spec, and not seen to serve since: a bring-up that ended early may never have made them what they are to be. */
  joining: readonly string[] = [];
  /** Whose promotion ended before its last step. */
  unfinished: string | undefined;
  /** Once promoted, and then seen to be worker nodes alone without anybody's word. */
  formerly: readonly string[] = [];
  /** Demoted, and not seen without its API server since: the picture may be of before. */
  justDemoted: readonly string[] = [];
  /** A promotion has ended, and no observation since has started the cooldown. */
  cooldownDue = false;
  /** The promotion whose workflow is open. */
  promotion: OpenPromotion | undefined;
  /** Of this run, which learns them before it judges for the first time; never carried. */
  rules: Rules = 1;
  /** Raised at every change; who shows the record compares it. */
  version = 0;

  constructor({ spec, learned }: FailoverRun, now: number) {
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

  get controlPlane(): readonly string[] {
    return controlPlaneHosts(this.spec, this).map(({ name }) => name);
  }

  /** All that is not as it should be: of the cluster, as it is seen, and of its backups, as they are told of. */
  get troubles(): readonly string[] {
    if (this.rules < 5) return this.degraded;
    return [...this.degraded, ...backupTroubles(this.backup, this.spec, Date.now())];
  }

  /** Puts an observation down. */
  see(seen: Observation): void {
    if (!this.seen || !samePicture(this.seen.picture, seen.picture)) this.pictureSince = seen.since;
    this.seen = seen;
    if (this.cooldownDue) this.memory = { ...this.memory, promotionEnded: seen.until };
    this.cooldownDue = false;
    for (const host of this.promoted.filter((name) => isDemoted(seen.picture, name))) {
      this.promoted = this.promoted.filter((name) => name !== host);
      this.formerly = [...this.formerly.filter((name) => name !== host), host];
      this.event(`${host} is a worker node alone again`);
    }
    this.justDemoted = this.justDemoted.filter((name) => serves(seen.picture, name));
    this.joining = this.joining.filter((name) => !serves(seen.picture, name));
    this.#adopt(seen);
  }

  /**
   * Whoever promoted it: a failover that was terminated knew of it, and this one began without that; or etcd was restored
   * as it was before, and it looked like a demotion. One whose promotion broke off is to be finished instead.
   */
  #adopt({ picture }: Observation): void {
    if (this.rules < 2 || this.promotion || !this.controlPlane.some((name) => serves(picture, name))) return;
    for (const { name } of openCandidates(this.spec, this)) {
      const isBack = this.formerly.includes(name) && serves(picture, name);
      const isLeft = name === this.unfinished || this.justDemoted.includes(name);
      if (isLeft || !(isBack || isPromoted(picture, name))) continue;
      this.promoted = [...this.promoted, name];
      this.lookedAt = undefined;
      this.event(`${name} serves as a control-plane node, and counts as promoted`);
    }
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

  event(what: string): void {
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

  promotedNow({ candidate, lost, reason, by }: Promotion): void {
    this.unfinished = undefined;
    if (this.controlPlane.includes(candidate)) return;
    this.promoted = [...this.promoted, candidate];
    this.lookedAt = undefined;
    this.event(
      `${candidate} is a control-plane node now (${by}: ${reason}); lost: ${lost.join(', ') || 'none'}`,
    );
  }

  /** Said by the change itself: nothing is healed on a host that no longer serves on purpose. */
  demotedNow({ host, reason, by }: Demotion): void {
    this.promoted = this.promoted.filter((name) => name !== host);
    this.formerly = this.formerly.filter((name) => name !== host);
    this.justDemoted = [...this.justDemoted, host];
    this.unfinished = undefined;
    this.lookedAt = undefined;
    this.event(`${host} is a worker node alone again (${by}: ${reason})`);
  }

  /** Its candidate may come back and serve, with all that was done to it. */
  gaveUp({ candidate }: Promotion, why: string): void {
    this.formerly = [...this.formerly.filter((name) => name !== candidate), candidate];
    this.event(`the promotion of ${candidate} was given up: ${why}`);
  }

  forget(host: string): void {
    if (this.promoted.includes(host)) this.promoted = this.promoted.filter((name) => name !== host);
    else this.forgotten = [...this.forgotten, host];
    this.changed();
  }
}
