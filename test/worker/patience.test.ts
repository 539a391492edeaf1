import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { Worker } from '@temporalio/worker';
import { patience } from '../../worker/patience.ts';
import { codeOf } from '../workflows/code.ts';
import { quietRuntime, realServer } from '../workflows/servers.ts';

let env: TestWorkflowEnvironment;
vi.setConfig({ hookTimeout: 120_000 });
beforeAll(async () => {
  quietRuntime();
  env = await realServer();
});
afterAll(() => env.teardown());

test('a workflow’s activation may take longer than a machine stands still: Node ends the process where the limit strikes', async () => {
  const common = {
    connection: env.nativeConnection,
    taskQueue: 'patience',
    workflowBundle: { code: await codeOf() },
    debugMode: false,
  };
  const worker = await Worker.create({ ...common, ...patience });
  await worker.runUntil(Promise.resolve());
  expect(worker.options.isolateExecutionTimeoutMs).toBe(600_000);
});
