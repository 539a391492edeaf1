import { condition, setCurrentDetails, upsertSearchAttributes } from '@temporalio/workflow';
import type { ChangeStatus } from '../cluster/status.ts';
import type { Board } from './board.ts';
import { stateAttribute } from './contract.ts';
import { currentDetails } from './current-details.ts';

/** Keeps current details and the search attribute in step with the board. */
export class Show {
  readonly #board: Board;
  readonly #status: () => ChangeStatus;
  /** Set by who starts the workflow; written here only when it changes. */
  #state: ChangeStatus['state'] = 'running';

  constructor(board: Board, status: () => ChangeStatus) {
    this.#board = board;
    this.#status = status;
  }

  /** Once after each activation that changed something, whatever the number of changes. Ends by cancellation. */
  async keep(): Promise<never> {
    for (;;) {
      const seen = this.#board.version;
      this.now();
      await condition(() => this.#board.version !== seen);
    }
  }

  now(): void {
    const status = this.#status();
    setCurrentDetails(currentDetails(status, status.steps));
    if (this.#state === status.state) return;
    this.#state = status.state;
    upsertSearchAttributes([{ key: stateAttribute, value: status.state }]);
  }
}
