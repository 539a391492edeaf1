/** A promotion as it was decided, or asked for by a person. */
export interface Promotion {
  readonly candidate: string;
  /** Control-plane nodes that are lost: their Node objects go. May be empty when a person promotes a worker beside them. */
  readonly lost: readonly string[];
  /** Control-plane nodes before the promotion, lost ones too. */
  readonly controlPlane: readonly string[];
  readonly reason: string;
  /** "failover", or who asked: "ann@laptop". */
  readonly by: string;
}

/** One whose workflow is open. */
export interface OpenPromotion extends Promotion {
  readonly runId: string;
}
