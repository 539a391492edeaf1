import { workflowInfo } from '@temporalio/workflow';
import type { BackupCheck, BackupLearned, BackupStatus, BackupStep } from '../../cluster/backup-status.ts';
import type { BackupPlan } from '../../cluster/backup-plan.ts';
import type { BackupHealth } from '../../cluster/failover/status.ts';
import type { BackupInput } from '../contract.ts';

const hour = 3_600_000;
/** A backup that failed is tried again this soon: the newest must not become twice as old as one is wanted. */
const againIn = hour / 4;
/** A little less than a day, so that it is not a day and one interval in the end. */
const openEvery = 23 * hour;

/** What the backup workflow knows, and what follows from it. */
export class BackupRecord {
  plan: BackupPlan;
  #learned: BackupLearned;
  #running = false;

  constructor({ plan, learned }: BackupInput, now: number) {
    this.plan = plan;
    this.#learned = learned ?? { nextAt: now, steps: [], asked: 0, answered: 0, refused: [] };
  }

  get isAsked(): boolean {
    return this.#learned.asked > this.#learned.answered;
  }

  get dueAt(): number {
    return this.isAsked ? 0 : this.#learned.nextAt;
  }

  ask(): void {
    this.#learned = { ...this.#learned, asked: this.#learned.asked + 1 };
  }

  configure(plan: BackupPlan): void {
    const { lastAt, nextAt } = this.#learned;
    const next = lastAt === undefined ? nextAt : lastAt + plan.everyHours * hour;
    this.plan = plan;
    this.#learned = { ...this.#learned, nextAt: Math.min(nextAt, next) };
  }

  refuse(signal: string, why: string): void {
    const refused = [...this.#learned.refused, { signal, why }].slice(-20);
    this.#learned = { ...this.#learned, refused };
  }

  begin(now: number) {
    const { asked, answered, openedAt } = this.#learned;
    this.#running = true;
    return {
      at: now,
      /** The number of the newest wish that it answers; those that come while it runs get another. */
      wish: asked,
      asked: asked > answered,
      open: asked > answered || openedAt === undefined || now - openedAt >= openEvery,
      everyHours: this.plan.everyHours,
    };
  }

  end(
    run: ReturnType<BackupRecord['begin']>,
    outcomes: readonly (BackupStep & Partial<BackupCheck>)[],
  ): void {
    const check = outcomes.find(({ step }) => step === 'check-backup');
    const failed = outcomes.some((one) => one.failed === true);
    const { openedAt: before, ...learned } = this.#learned;
    const openedAt = check?.problem === undefined ? (run.open ? run.at : before) : undefined;
    const newest = check?.newest ?? learned.newest;
    this.#running = false;
    this.#learned = {
      ...learned,
      lastAt: run.at,
      nextAt: run.at + Math.min(this.plan.everyHours * hour, failed ? againIn : Infinity),
      steps: outcomes.map(({ step, summary, problem, failed: not }) => ({
        step,
        summary: summary.slice(0, 500),
        ...(problem !== undefined && { problem: problem.slice(0, 500) }),
        ...(not && { failed: not }),
      })),
      answered: run.wish,
      ...(newest !== undefined && { newest }),
      ...(openedAt !== undefined && { openedAt }),
    };
  }

  get health(): BackupHealth {
    const { newest, steps } = this.#learned;
    const problems = steps.flatMap(({ step, problem }) => (problem ? [`${step}: ${problem}`] : []));
    return {
      ...(newest !== undefined && { newest }),
      ...(problems.length > 0 && { problem: problems.join('; ') }),
    };
  }

  get status(): BackupStatus {
    const { runId } = workflowInfo();
    const { lastAt, nextAt, steps, openedAt, asked, answered, refused } = this.#learned;
    const { cluster, everyHours, recipients } = this.plan;
    return {
      workflowType: 'backup',
      runId,
      cluster,
      state: this.#running ? 'running' : 'waiting',
      everyHours,
      recipients,
      next: iso(nextAt),
      ...(lastAt !== undefined && { last: { at: iso(lastAt), steps } }),
      ...(openedAt !== undefined && { opened: iso(openedAt) }),
      health: this.health,
      asked,
      answered,
      refused,
    };
  }

  carried(): BackupInput {
    return { plan: this.plan, learned: this.#learned };
  }
}

const iso = (ms: number): string => new Date(ms).toISOString();
