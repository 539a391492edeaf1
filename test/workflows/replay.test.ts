import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { beforeAll, expect, test, vi } from 'vitest';
import { Worker } from '@temporalio/worker';
import { codeOf } from './code.ts';
import { historiesFolder } from './record.ts';
import { quietRuntime } from './servers.ts';

interface Recorded {
  readonly workflowId: string;
  readonly history: { readonly events: readonly Record<string, unknown>[] };
}

vi.setConfig({ testTimeout: 90_000 });

let code = '';
let recorded: readonly (Recorded & { readonly file: string })[] = [];

beforeAll(async () => {
  quietRuntime();
  const files = (await readdir(historiesFolder)).filter((name) => /\.json(\.gz)?$/.test(name));
  [code, recorded] = await Promise.all([
    codeOf(),
    Promise.all(
      files.map(async (file) => ({
        file,
        ...(JSON.parse(await contentOf(join(historiesFolder, file))) as Recorded),
      })),
    ),
  ]);
});

test('every recorded change, and every host’s part of it, replays on today’s code', async () => {
  expect(recorded.map(({ file }) => file)).toEqual(
    expect.arrayContaining([
      'done.json',
      'done.worker-1.json',
      'parked-and-retried.json',
      'problems.json',
      'aborted.json',
      'backup.json',
      'failover.json',
      'failover-2.json',
      'failover-3.json',
      'failover-4.json',
      'failover-5.json',
      'failover-6.json',
      'failover-7.json',
      'failover-8.json',
      'failover-9.json',
      'failover-10.json',
      // Made by lab hosts: half an hour, all masters lost four times, twice with an etcd member.
      'failover-on-hosts.json.gz',
      'promote.json',
      'demote.json',
      'demote-2.json',
      'drill.json',
      'restore.json',
      'restore-2.json',
      'remove-hosts.json',
      'reset.json',
      'access.json',
      'access-refused.json',
    ]),
  );
  expect(await replay(recorded)).toEqual(recorded.map(({ file }) => `${file}: replays`));
});

test('a history that this code would not have made is noticed', async () => {
  const [done] = recorded.filter(({ file }) => file === 'done.worker-1.json');
  const events = structuredClone(done?.history.events ?? []).map((event) => {
    const text = JSON.stringify(event).replace('"disableSwap"', '"enableSwap"');
    return JSON.parse(text) as Record<string, unknown>;
  });
  const [verdict] = await replay([{ file: 'changed', workflowId: 'changed', history: { events } }]);
  expect(verdict).toMatch(/changed: .*(nondeterminism|does not match)/i);
});

async function contentOf(path: string): Promise<string> {
  const content = await readFile(path);
  return (path.endsWith('.gz') ? gunzipSync(content) : content).toString();
}

async function replay(histories: typeof recorded): Promise<readonly string[]> {
  const verdicts: string[] = [];
  const inputs = histories.map(({ workflowId, history }) => ({ workflowId, history }));
  for await (const { error } of Worker.runReplayHistories({ workflowBundle: { code } }, inputs)) {
    const file = histories[verdicts.length]?.file;
    verdicts.push(`${file}: ${error ? error.message : 'replays'}`);
  }
  return verdicts;
}
