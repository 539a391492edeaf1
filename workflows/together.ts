import { CancellationScope } from '@temporalio/workflow';

/**
 * Waits for all, whatever happens: when one fails or is cancelled, the rest are cancelled and waited for,
 * so that a change is never over (and its id free) while an activity of it still runs.
 */
export async function together(parts: readonly Promise<unknown>[]): Promise<void> {
  const scope = CancellationScope.current();
  let first: { failure: unknown } | undefined;
  await Promise.all(
    parts.map((part) =>
      part.catch((failure: unknown) => {
        if (first) return;
        first = { failure };
        scope.cancel();
      }),
    ),
  );
  if (first) throw first.failure;
}
