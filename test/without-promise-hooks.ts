import { promiseHooks } from 'node:v8';

const { createHook } = promiseHooks;

/**
 * Vitest's set-up of each file, once a process. Temporal's SDK hooks into every promise of the process, for good, to
 * answer a query for a workflow's stack trace, which no test asks: a tenth of the processor's time of a file whose
 * workflows run in it. The others who ask for such hooks (Node's AsyncLocalStorage) get them.
 */
const withoutTemporals: typeof createHook = (callbacks) => {
  const isTemporals = new Error().stack?.includes('GlobalHandlers.setPromiseHook') ?? false;
  return isTemporals ? () => undefined : createHook(callbacks);
};

if (createHook.name !== withoutTemporals.name) promiseHooks.createHook = withoutTemporals;
