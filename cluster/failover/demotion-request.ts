/** The way back of a promoted worker node, as a person asked for it. */
export interface Demotion {
  /** Goes on as a worker node alone. */
  readonly host: string;
  /** Control-plane nodes of the spec that served when it was asked for: they go on without it. */
  readonly serving: readonly string[];
  readonly reason: string;
  /** "ann@laptop" */
  readonly by: string;
}

/** One whose workflow is open. */
export interface OpenDemotion extends Demotion {
  readonly runId: string;
}
