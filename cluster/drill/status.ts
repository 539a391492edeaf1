import type { Report } from './report.ts';
import type { DrillStory } from './stories.ts';

/** The `status` query of a drill, and its result. **Contract**: people parse it. */
export interface DrillStatus {
  readonly workflowType: 'drill';
  readonly runId: string;
  readonly cluster: string;
  readonly story: DrillStory;
  readonly state: DrillState;
  /** What is broken, in words. */
  readonly what: string;
  readonly hosts: readonly string[];
  /** When the hosts put themselves back at the latest, whatever becomes of this workflow: ISO 8601, UTC. */
  readonly until?: string;
  /** What went wrong; all that was broken is put back all the same. */
  readonly problems: readonly string[];
  /** Folder on the bastion with report.md, report.json and report.svg. */
  readonly folder?: string;
  readonly report?: Report;
  /** The report for people, and its picture. */
  readonly markdown?: string;
  readonly svg?: string;
}

export type DrillState =
  | 'checking'
  | 'probing' // nothing is broken yet
  | 'arming' // each host's timer is set
  | 'broken'
  | 'putting-back'
  | 'back' // put back; still probing
  | 'reporting'
  | 'done'
  | 'failed';
