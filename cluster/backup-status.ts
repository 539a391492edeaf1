import type { BackupHealth } from './failover/status.ts';
import type { StepResult } from './steps.ts';

/** What a look at the newest backups found. */
export interface BackupCheck extends StepResult {
  /** When the newest snapshot of etcd was made: ISO 8601, UTC. */
  readonly newest?: string;
}

/** The `status` query of the backup workflow. **Contract**: people parse it. Times: ISO 8601, UTC. */
export interface BackupStatus {
  readonly workflowType: 'backup';
  readonly runId: string;
  readonly cluster: string;
  readonly state: 'waiting' | 'running';
  readonly everyHours: number;
  readonly recipients: readonly string[];
  /** When the next backup is due. */
  readonly next: string;
  /** What the steps of the last backup said. */
  readonly last?: { readonly at: string; readonly steps: readonly BackupStep[] };
  /** When the newest backups were opened and found well, if what was seen since is well too. */
  readonly opened?: string;
  readonly health: BackupHealth;
  /** How many backups people asked for, and how many of these were answered. */
  readonly asked: number;
  readonly answered: number;
  readonly refused: readonly { readonly signal: string; readonly why: string }[];
}

/** What the backup workflow remembers. Plain and bounded: it crosses continue-as-new. Times: ms since 1970. */
export interface BackupLearned {
  readonly lastAt?: number;
  readonly nextAt: number;
  readonly steps: readonly BackupStep[];
  readonly newest?: string;
  /** When the newest backups were opened and found well; absent: they are opened the next time. */
  readonly openedAt?: number;
  readonly asked: number;
  readonly answered: number;
  readonly refused: readonly { readonly signal: string; readonly why: string }[];
}

export interface BackupStep {
  readonly step: string;
  readonly summary: string;
  readonly problem?: string;
  /** It could not be done at all. */
  readonly failed?: true;
}
