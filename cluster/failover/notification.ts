import type { FailoverState } from './status.ts';
import type { Wait } from './decision.ts';

/** A change of state, as it is told to whoever the webhook belongs to. Holds no secret and no link. **Contract**. */
export interface Notification {
  /** Unique, and the same each time that this one is sent: receivers tell by it what they know already. */
  readonly id: string;
  readonly cluster: string;
  readonly state: FailoverState;
  /** Since when it is in this state: ISO 8601, UTC. */
  readonly since: string;
  /** One line for a person. */
  readonly what: string;
  /** What is not as it should be, in words. */
  readonly degraded: readonly string[];
  /** Why it waits for a person, and what would help. */
  readonly waitingFor?: Wait;
}
