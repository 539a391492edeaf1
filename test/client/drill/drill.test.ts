import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { Context } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import type { DrillStatus } from '../../../cluster/drill/status.ts';
import * as contract from '../../../workflows/contract.ts';
import { exampleCluster } from '../../cluster/example.ts';
import { smallSpec, useStandIns } from '../stand-in/world.ts';

const report = { fault: '2026-11-25T03:00:10.000Z', outages: [] };
/** What activities answer; those that are not named here have done what they should. */
let script: Record<string, () => unknown>;
const standard: typeof script = {
  checkDrill: () => ({ changed: false, summary: 'well', hosts: ['etcd-2'] }),
  writeDrillReport: () => ({
    changed: true,
    summary: '',
    report,
    folder: '/d/1',
    markdown: '# E',
    svg: '<svg/>',
  }),
};
const calls: string[] = [];
const world = useStandIns({
  workflowsPath: join(import.meta.dirname, 'workflows.ts'),
  activities: {
    default: async () => {
      const { activityType } = Context.current().info;
      calls.push(activityType);
      const answer = script[activityType] ?? standard[activityType];
      return (await answer?.()) ?? { changed: true, summary: 'done' };
    },
  },
});
const run = (...args: string[]) => world.run('drill', ...args);
const cluster = 'drilled';
const abort = () =>
  world.env.client.workflow.getHandle(contract.drillId(cluster)).signal('abort', { reason: 'enough' });

let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'drill-'));
  await world.failover({ ...exampleCluster('twelve-hosts'), name: cluster });
  await world.failover(smallSpec('small'));
});
afterAll(() => rmSync(folder, { recursive: true }));
beforeEach(() => {
  calls.length = 0;
  script = {};
});

test('a drill needs a story, a spec that allows it and the typed name: exit code 2, and nothing is touched', async () => {
  expect(await run(cluster)).toMatchObject({
    code: 2,
    err: expect.stringContaining('which story?') as string,
  });
  expect(await run(cluster, '--story', 'fire')).toMatchObject({ code: 2 });
  expect(await run(cluster, '--story', 'etcd', '--seconds', '5')).toMatchObject({ code: 2 });
  expect(await run(cluster, '--story', 'etcd')).toMatchObject({
    code: 2,
    err: expect.stringMatching(/for 30 s one, etcd’s leader, falls silent, for real.* add --yes/) as string,
  });
  expect(await run('small', '--story', 'etcd', '--yes')).toMatchObject({
    code: 2,
    err: expect.stringContaining('small: no drill etcd') as string,
  });
  expect(await run('unwatched', '--story', 'etcd', '--yes')).toMatchObject({ code: 2 });
  expect(await run(cluster, '--stop')).toMatchObject({ code: 2, err: `${cluster}: no drill is under way` });
  expect(calls).toEqual([]);
});

test('one that is refused by the cluster’s state is exit code 2 in its words', async () => {
  script.checkDrill = () => {
    throw ApplicationFailure.create({
      type: 'ProblemFound',
      nonRetryable: true,
      message: 'a change is open',
    });
  };
  expect(await run(cluster, '--story', 'etcd', '--yes')).toMatchObject({
    code: 2,
    err: expect.stringContaining('a change is open') as string,
  });
  expect(calls).toEqual(['checkDrill']);
});

test('it is followed to its report, which is put where the person is; a second one must wait', async () => {
  let second: ReturnType<typeof run> | undefined;
  script.breakHost = () => {
    second = run(cluster, '--story', 'etcd', '--yes');
    void second.then(abort);
    return undefined;
  };
  const into = join(folder, 'report');
  const { code } = await run(cluster, '--story', 'etcd', '--yes', '--report', into);
  expect(code).toBe(1);
  expect(await second).toMatchObject({ code: 2, err: expect.stringContaining('--stop') as string });
  expect(calls.slice(-2)).toEqual(['putBack', 'writeDrillReport']);
  expect(readFileSync(join(into, 'report.svg'), 'utf8')).toBe('<svg/>');
});

test('while it is under way no change begins: exit code 2, with what ends it', async () => {
  const answers: unknown[] = [];
  script.breakHost = async () => {
    answers.push(await world.run('promote', cluster, '--reason', 'now'));
    answers.push(await world.run('demote', cluster, '--host', 'worker-1', '--reason', 'now'));
    await abort();
  };
  expect(await run(cluster, '--story', 'etcd', '--yes', '--report', folder)).toMatchObject({ code: 1 });
  const said = expect.stringMatching(/a drill is under way.*--stop\nNothing was started/) as string;
  expect(answers).toMatchObject([
    { code: 2, err: said },
    { code: 2, err: said },
  ]);
});

test('its final status is JSON on request', async () => {
  script.breakHost = () => void abort();
  const { code, out } = await run(cluster, '--story', 'etcd', '--yes', '--json', '--report', folder);
  expect(code).toBe(1);
  expect(JSON.parse(out) as DrillStatus).toMatchObject({
    ...{ state: 'failed', problems: ['aborted: enough'], hosts: ['etcd-2'], folder: '/d/1', report },
  });
});
