import { expect, test, vi } from 'vitest';
import { person } from '../../client/person.ts';
import { changeId } from '../../workflows/contract.ts';
import { smallSpec, useStandIns } from './stand-in/world.ts';

const world = useStandIns();

test('what the validator refuses is exit code 2 in its words', async () => {
  await world.failover(smallSpec('refused'));
  expect(await world.run('promote', 'refused', '--candidate', 'lb-1', '--reason', 'x')).toMatchObject({
    code: 2,
    err: 'refused: promote was refused: lb-1 is no candidate',
  });
});

test('promote tells the workflow’s id and link, waits for it to begin, and follows it to its end', async () => {
  await world.failover(smallSpec('followed'));
  const running = world.run('promote', 'followed', '--reason', 'a test');
  await expect
    .poll(() => vi.mocked(console.log).mock.calls.flat().join('\n'), { timeout: 30_000 })
    .toContain('phase control-plane: running (0/1)');
  await world.endChange('followed');
  const { code, out } = await running;
  expect(out).toMatch(/^followed: promotion holdfast:followed:change: http/);
  expect(out).toContain('worker-1       start-api-server           done');
  expect(out).toMatch(/done: followed promote after/);
  expect(code).toBe(0);
});

test('with --detach it asks and ends; who asked and why stands in the promotion', async () => {
  await world.failover(smallSpec('detached'));
  expect(await world.run('promote', 'detached', '--reason', 'a test', '--detach')).toMatchObject({ code: 0 });
  const promotion = world.env.client.workflow.getHandle(changeId('detached'));
  await expect
    .poll(() => promotion.describe().then(({ type }) => type, String), { timeout: 30_000 })
    .toBe('promote');
  const { events } = await promotion.fetchHistory();
  const payload = events?.[0]?.workflowExecutionStartedEventAttributes?.input?.payloads?.[0]?.data;
  expect(JSON.parse(Buffer.from(payload as Uint8Array).toString())).toMatchObject({
    promotion: { candidate: 'worker-1', reason: 'a test', by: person() },
  });
  await world.endChange('detached');
});
