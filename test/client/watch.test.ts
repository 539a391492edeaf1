import { expect, test, vi } from 'vitest';
import { smallSpec, useStandIns } from './stand-in/world.ts';

const world = useStandIns();

test('an open change is followed, and one that makes room ends the view with what to do: exit code 3', async () => {
  await world.failover(smallSpec('room'));
  await world.change(smallSpec('room'));
  const watching = world.run('watch', 'room');
  await world.endChange('room', { state: 'waiting', yielded: true });
  const { code, err } = await watching;
  expect(code).toBe(3);
  expect(err).toContain('room: bringUp waited for a person and made room for an intervention.');
  expect(err).toContain('holdfast watch room');
  expect(err).toContain('holdfast up SPEC');
});

test('with no change open failover is followed: each change once, until Ctrl-C, which is 130', async () => {
  const exit = vi.spyOn(process, 'exit').mockImplementation((() => undefined) as never);
  const before = process.listeners('SIGINT').length;
  await world.failover(smallSpec('watched'));
  const watching = world.run('watch', 'watched');
  const shows = (text: string) =>
    expect
      .poll(() => vi.mocked(console.log).mock.calls.flat().join('\n'), { timeout: 20_000 })
      .toContain(text);
  try {
    // What has happened before it looks first is no news.
    await shows('watched: watching');
    expect(process.listeners('SIGINT')).toHaveLength(before + 1);
    await world.say('watched', { events: [{ at: '2026-11-25T03:00:01.000Z', what: 'master-1 is lost' }] });
    await world.say('watched', { state: 'promoting', since: '2026-11-25T03:00:02.000Z' });
    await shows('watched: promoting');
    process.listeners('SIGINT').at(-1)?.('SIGINT');
    expect(exit).toHaveBeenCalledWith(130);
  } finally {
    exit.mockRestore();
    // The mocked exit did not end it; that nothing is left to watch does.
    await world.env.client.workflow.getHandle('holdfast:watched:failover').terminate();
  }
  const { code, out, err } = await watching;
  expect(out).toContain('2026-11-25 03:00:01 UTC  master-1 is lost');
  expect(out).toContain('holdfast watch watched in another terminal');
  expect(err).toContain('Failover goes on. holdfast watch watched shows it again.');
  expect(err).toContain('failover ended (terminated)');
  expect(code).toBe(1);
});

test('with nothing open, it tells how the newest change ended', async () => {
  await world.change(smallSpec('closed'));
  await world.endChange('closed');
  const { code, out } = await world.run('watch', 'closed');
  expect(code).toBe(0);
  expect(out).toMatch(/done: closed after/);
});
