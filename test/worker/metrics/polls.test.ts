import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { polls, pollersOf } from '../../../worker/metrics/polls.ts';

/** As the SDK wrote it. */
const real = `# HELP temporal_num_pollers Current number of active pollers per queue type
# TYPE temporal_num_pollers gauge
temporal_num_pollers{namespace="default",poller_type="activity_task",service_name="temporal-core-sdk",task_queue="holdfast"} 10
temporal_num_pollers{namespace="default",poller_type="sticky_workflow_task",service_name="temporal-core-sdk",task_queue="holdfast"} 8
temporal_num_pollers{namespace="default",poller_type="workflow_task",service_name="temporal-core-sdk",task_queue="holdfast"} 2
`;

let close: (() => void) | undefined;
afterEach(() => close?.());

async function served(text: string, status = 200): Promise<string> {
  const server = createServer((_, response) => response.writeHead(status).end(text)).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  close = () => void server.close();
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

test('pollers are counted by their type, and the sticky ones are others', () => {
  expect(pollersOf(real, 'workflow_task')).toBe(2);
  expect(pollersOf(real, 'activity_task')).toBe(10);
  expect(pollersOf(real, 'nexus_task')).toBe(0);
});

test('a worker that polls for workflows and activities polls', async () => {
  expect(await polls(await served(real))).toBe(true);
});

test.each([
  ['polls for workflows alone', real.replaceAll(/.*activity_task.*\n/g, '')],
  ['has stopped to poll', real.replaceAll(/\} \d+/g, '} 0')],
  ['has told nothing yet', ''],
])('one that %s does not', async (_, text) => {
  expect(await polls(await served(text))).toBe(false);
});

test('nor does one whose metrics are an error, or that nobody serves', async () => {
  expect(await polls(await served(real, 500))).toBe(false);
  close?.();
  expect(await polls('127.0.0.1:1')).toBe(false);
});
