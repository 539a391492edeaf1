import { promiseHooks } from 'node:v8';

/**
 * Vitest's set-up of each file. Temporal's SDK hooks into every promise of the process, for good, to answer a query for a
 * workflow's stack trace, which no test asks. In tests workflows share the process with all else, and pay for it with a
 * good part of the processor's time. The others who ask for such hooks (Node's AsyncLocalStorage) get them.
 */
const { createHook } = promiseHooks;
promiseHooks.createHook = (callbacks) => {
  const isTemporals = new Error().stack?.includes('GlobalHandlers.setPromiseHook') ?? false;
  return isTemporals ? () => undefined : createHook(callbacks);
};
