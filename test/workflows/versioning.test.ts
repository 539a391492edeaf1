import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { Worker } from '@temporalio/worker';
import { deploymentFrom } from '../../worker/deployment.ts';
import * as contract from '../../workflows/contract.ts';
import { codeOf } from './code.ts';
import { quietRuntime, realServer } from './servers.ts';
import { smallPlan, smallSpec } from './world.ts';

vi.setConfig({ testTimeout: 90_000, hookTimeout: 120_000 });
let env: TestWorkflowEnvironment;
let code = '';
beforeAll(async () => {
  quietRuntime();
  [env, code] = await Promise.all([
    realServer(),
    codeOf(join(import.meta.dirname, '..', '..', 'workflows', 'versioned.ts')),
  ]);
});
afterAll(async () => {
  for (const { worker } of running) worker.shutdown();
  await Promise.all(running.map(({ ended }) => ended));
  await env?.teardown();
});

const running: { readonly worker: Worker; readonly ended: Promise<void> }[] = [];
const taskQueue = 'versioned';
const { PINNED, AUTO_UPGRADE } = { PINNED: 1, AUTO_UPGRADE: 2 };

async function startWorkerOf(buildId: string): Promise<void> {
  const deployment = deploymentFrom({ HOLDFAST_DEPLOYMENT: 'holdfast', HOLDFAST_BUILD_ID: buildId });
  if (!deployment) throw new Error('no versioning');
  const worker = await Worker.create({
    connection: env.nativeConnection,
    taskQueue,
    workflowBundle: { code },
    activities: {},
    workerDeploymentOptions: deployment,
    maxHeartbeatThrottleInterval: '1 s',
    shutdownGraceTime: '1 s',
  });
  running.push({ worker, ended: worker.run() });
}

/** What an operator says once the workers of a build poll. */
async function makeCurrent(buildId: string): Promise<void> {
  const request = { namespace: 'default', deploymentName: 'holdfast', buildId, identity: 'a test' };
  await expect
    .poll(
      () =>
        env.connection.workflowService
          .setWorkerDeploymentCurrentVersion({ ...request, ignoreMissingTaskQueues: false })
          .then(() => 'done', String),
      { timeout: 30_000 },
    )
    .toBe('done');
}

/** Which build ran its last task, and what it does when another becomes the current one. */
async function versioningOf(workflowId: string) {
  const { raw } = await env.client.workflow.getHandle(workflowId).describe();
  const { behavior, deploymentVersion } = raw.workflowExecutionInfo?.versioningInfo ?? {};
  return { behavior, build: deploymentVersion?.buildId };
}

test('with versioning a change stays with the build that began it, and what lives as long as its cluster goes to the current one', async () => {
  const plan = smallPlan();
  const spec = smallSpec('versions');
  await startWorkerOf('one');
  await makeCurrent('one');
  const start = (type: string, workflowId: string, args: object) =>
    env.client.workflow.start(type, { workflowId, taskQueue, args: [args] });
  await start('bringUp', contract.changeId('versions'), { spec, plan: { ...plan, cluster: 'versions' } });
  const backupPlan = { cluster: 'versions', everyHours: 6, recipients: [], targets: {}, steps: [] };
  await start('backup', contract.backupId('versions'), { plan: backupPlan });
  await expect
    .poll(() => versioningOf(contract.changeId('versions')), { timeout: 20_000 })
    .toEqual({ behavior: PINNED, build: 'one' });
  await expect
    .poll(() => versioningOf(contract.backupId('versions')), { timeout: 20_000 })
    .toEqual({ behavior: AUTO_UPGRADE, build: 'one' });

  await startWorkerOf('two');
  await makeCurrent('two');
  // It goes over with its next task, once all parts of the server know of the new build.
  const moved = async () => {
    await env.client.workflow.getHandle(contract.backupId('versions')).signal(contract.backupNowSignal);
    await env.client.workflow.getHandle(contract.changeId('versions')).signal(contract.retrySignal, {});
    return versioningOf(contract.backupId('versions'));
  };
  await expect
    .poll(moved, { timeout: 40_000, interval: 500 })
    .toEqual({ behavior: AUTO_UPGRADE, build: 'two' });
  expect(await versioningOf(contract.changeId('versions'))).toEqual({ behavior: PINNED, build: 'one' });
  await env.client.workflow.getHandle(contract.changeId('versions')).terminate();
});
