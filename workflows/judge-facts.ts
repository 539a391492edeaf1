import { condition } from '@temporalio/workflow';
import type { Cluster } from '../cluster/cluster.ts';
import type { Problem } from '../cluster/facts.ts';
import { preflight } from '../cluster/preflight.ts';
import type { Board } from './board.ts';
import type { HostChild } from './host-child.ts';

/** The step that stands for what only the facts of all hosts together can show. */
export const identityStep = 'check-identity';

/**
 * Judges all facts together, again whenever one host was looked at anew, until every host has passed or was skipped.
 * A host that does not answer holds nobody up: the others' problems are shown beside it.
 */
export async function judgeFacts(board: Board, spec: Cluster, children: readonly HostChild[]): Promise<void> {
  const open = (): boolean =>
    children.some(({ host }) => !['done', 'skipped'].includes(identityOf(board, host).state));
  const looked = (): number => children.reduce((sum, child) => sum + child.looked, 0);
  for (let judged = 0; open();) {
    await condition(
      () => !open() || (looked() > judged && children.every((child) => child.gathered > 0 || child.quiet)),
    );
    if (!open()) return;
    judged = looked();
    const problems = preflight(
      spec,
      children.flatMap(({ facts }) => facts ?? []),
    );
    for (const child of children) show(board, child, problems);
  }
}

function show(board: Board, child: HostChild, problems: readonly Problem[]): void {
  const entry = identityOf(board, child.host);
  if (entry.state === 'skipped') return;
  const own = problems.filter(({ host }) => host === child.host);
  if (own.length > 0)
    board.park(
      entry,
      {
        kind: 'ProblemFound',
        message: own.map(({ message }) => message).join('; '),
        next: [...new Set(own.map(({ cure }) => cure))].join(' '),
      },
      (answer) => {
        if (answer.do === 'skip') return;
        board.mark(entry, 'pending');
        child.gatherAgain();
      },
    );
  else if (child.facts) board.mark(entry, 'done');
  else if (child.gathered > 0) board.mark(entry, 'skipped', { reason: 'no facts: gather-facts was skipped' });
}

const identityOf = (board: Board, host: string) => board.entry('preflight', identityStep, host);
