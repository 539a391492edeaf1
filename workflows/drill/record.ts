import {
  ApplicationFailure,
  condition,
  isCancellation,
  setCurrentDetails,
  setHandler,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow';
import type { DrillState, DrillStatus } from '../../cluster/drill/status.ts';
import { drillWords } from '../../cluster/drill/stories.ts';
import type { DrillStory } from '../../cluster/drill/stories.ts';
import * as contract from '../contract.ts';
import { readText } from '../signal-input.ts';
import { stepErrorOf } from '../step-error.ts';

/** Where a drill stands, its surface, and what a person said. */
export class DrillRecord {
  #status: DrillStatus;
  #aborted = false;

  constructor(cluster: string, story: DrillStory) {
    const { runId } = workflowInfo();
    const what = drillWords(story, []);
    const begun = { workflowType: 'drill', runId, cluster, story, state: 'checking', what } as const;
    this.#status = { ...begun, hosts: [], problems: [] };
    setHandler(contract.drillStatusQuery, () => this.#status, {
      description: 'What is broken, until when at the latest, and the report once it is written.',
    });
    setHandler(contract.abortSignal, (sent: unknown) => this.#abort(sent), {
      description: 'Put all back now: {"reason": "…"}.',
    });
    this.#show({});
  }

  get status(): DrillStatus {
    return this.#status;
  }

  get isWell(): boolean {
    return this.#status.problems.length === 0;
  }

  about(hosts: readonly string[]): void {
    this.#show({ hosts, what: drillWords(this.#status.story, hosts) });
  }

  enter(state: DrillState): void {
    this.#show({ state });
  }

  /** Each host puts itself back by then. */
  armed(until: number): void {
    this.#show({ until: new Date(until).toISOString() });
  }

  problem(what: string): void {
    this.#show({ problems: [...this.#status.problems, what].slice(0, 20) });
  }

  /** What one step could not do is said; only a cancellation ends more than that step. */
  failed(host: string, failure: unknown): void {
    if (isCancellation(failure)) throw failure;
    const { message, next } = stepErrorOf(failure);
    this.problem(`${host}: ${message}${next && ` (${next})`}`.slice(0, 1200));
  }

  written({
    folder,
    report,
    markdown,
    svg,
  }: Pick<DrillStatus, 'folder' | 'report' | 'markdown' | 'svg'>): void {
    this.#show({
      ...(folder && { folder }),
      ...(report && { report }),
      ...(markdown && { markdown }),
      ...(svg && { svg }),
    });
  }

  /** Shorter when a person aborts. */
  async wait(seconds: number): Promise<void> {
    await condition(() => this.#aborted, seconds * 1000);
  }

  /** The final status is the result, or stands in the failure's details. */
  end(): DrillStatus {
    this.#show({ state: this.isWell ? 'done' : 'failed' });
    upsertSearchAttributes([{ key: contract.stateAttribute, value: this.#status.state }]);
    if (this.isWell) return this.#status;
    throw ApplicationFailure.create({
      type: 'DrillFailed',
      nonRetryable: true,
      message: this.#status.problems.join('; ').slice(0, 1000),
      details: [this.#status],
    });
  }

  /** Followed whatever it carries: who wants all put back need not find the right words. */
  #abort(sent: unknown): void {
    const read = readText(sent, 'reason');
    this.problem(`aborted: ${'input' in read ? read.input : 'no reason was given'}`);
    this.#aborted = true;
  }

  #show(change: Partial<DrillStatus>): void {
    this.#status = { ...this.#status, ...change };
    const { story, what, state, until, problems } = this.#status;
    const lines = [
      `## ${story}: ${state}`,
      what,
      ...(until === undefined ? [] : [`The hosts put themselves back by ${until}, whatever happens.`]),
      ...problems.map((problem) => `- ${problem}`),
    ];
    setCurrentDetails(lines.join('\n\n'));
  }
}
