import type { Cluster } from '../../cluster/cluster.ts';
import type { Rules } from '../../cluster/failover/decision.ts';
import type { Demotion, OpenDemotion } from '../../cluster/failover/demotion-request.ts';
import type { Observation } from '../../cluster/failover/picture.ts';
import type { OpenPromotion, Promotion } from '../../cluster/failover/promotion-request.ts';
import {
  controlPlaneHosts,
  isDemoted,
  isPromoted,
  openCandidates,
  serves,
} from '../../cluster/failover/situation.ts';

/** Who is the control plane: what failover knows of it beside the spec, and how that changes. */
export abstract class Membership {
  abstract spec: Cluster;
  abstract rules: Rules;
  abstract promotion: OpenPromotion | undefined;
  promoted: readonly string[] = [];
  forgotten: readonly string[] = [];
  /** Added by a spec, and not seen to serve since: a bring-up that ended early may never have made them what they are to be. */
  joining: readonly string[] = [];
  /** The promoted worker node whose demotion is open. */
  demoting: OpenDemotion | undefined;
  /** Whose demotion is open or broke off, as far as they are not seen to serve. */
  halfDemoted: readonly string[] = [];
  /** Whose promotion ended before its last step. */
  unfinished: string | undefined;
  /** Once promoted, and then seen to be worker nodes alone without anybody's word. */
  formerly: readonly string[] = [];
  /** Demoted, and not seen without its API server since: the picture may be of before. */
  justDemoted: readonly string[] = [];
  /** When the candidates were last looked at; undefined: not since it changed who they are. */
  lookedAt: number | undefined;

  abstract event(what: string): void;

  get controlPlane(): readonly string[] {
    return controlPlaneHosts(this.spec, this).map(({ name }) => name);
  }

  protected seeMembers(seen: Observation): void {
    for (const host of this.promoted.filter((name) => isDemoted(seen.picture, name))) {
      this.promoted = this.promoted.filter((name) => name !== host);
      this.formerly = [...this.formerly.filter((name) => name !== host), host];
      this.event(`${host} is a worker node alone again`);
    }
    this.justDemoted = this.justDemoted.filter((name) => serves(seen.picture, name));
    this.joining = this.joining.filter((name) => !serves(seen.picture, name));
    const open = this.demoting && this.rules >= 6 ? [this.demoting.host] : [];
    const demoted = new Set([...this.halfDemoted, ...open]);
    this.halfDemoted = [...demoted].filter(
      (name) => this.promoted.includes(name) && !serves(seen.picture, name),
    );
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

  promotedNow({ candidate, lost, reason, by }: Promotion): void {
    this.unfinished = undefined;
    if (this.controlPlane.includes(candidate)) return;
    this.halfDemoted = this.halfDemoted.filter((name) => name !== candidate);
    this.promoted = [...this.promoted.filter((name) => name !== candidate), candidate];
    this.lookedAt = undefined;
    this.event(
      `${candidate} is a control-plane node now (${by}: ${reason}); lost: ${lost.join(', ') || 'none'}`,
    );
  }

  /** Said by the change itself: nothing is healed on a host that no longer serves on purpose. */
  demotedNow({ host, reason, by }: Demotion): void {
    this.promoted = this.promoted.filter((name) => name !== host);
    this.halfDemoted = this.halfDemoted.filter((name) => name !== host);
    this.formerly = this.formerly.filter((name) => name !== host);
    this.justDemoted = [...this.justDemoted, host];
    this.unfinished = undefined;
    this.lookedAt = undefined;
    this.event(`${host} is a worker node alone again (${by}: ${reason})`);
  }

  /** Its API server may be stopped for good: counted, it would keep the loss of all others from being one. */
  demotionEnded({ host }: Demotion): void {
    if (this.rules < 6 || !this.promoted.includes(host) || this.halfDemoted.includes(host)) return;
    this.halfDemoted = [...this.halfDemoted, host];
    this.event(`the demotion of ${host} ended before its last step: it counts again once it serves`);
  }

  /** Its candidate may come back and serve, with all that was done to it. */
  gaveUp({ candidate }: Promotion, why: string): void {
    this.formerly = [...this.formerly.filter((name) => name !== candidate), candidate];
    this.event(`the promotion of ${candidate} was given up: ${why}`);
  }

  forget(host: string): void {
    if (this.promoted.includes(host)) this.promoted = this.promoted.filter((name) => name !== host);
    else this.forgotten = [...this.forgotten, host];
  }
}
