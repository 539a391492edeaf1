import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { kept, lingerCancelledMs, lingerMs } from '../../../activities/watch/kept.ts';
import { watchInput } from '../../../cluster/failover/watch-input.ts';
import { exampleCluster } from '../../cluster/example.ts';

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

const input = watchInput(exampleCluster('small'), { controlPlane: ['master-1'], candidates: [] });
const other = watchInput(exampleCluster('small'), { controlPlane: ['worker-1'], candidates: [] });

function sessions() {
  const opened: { close: ReturnType<typeof vi.fn> }[] = [];
  const open = () => {
    const session = { look: () => undefined, news: () => [], close: vi.fn() };
    opened.push(session);
    return session;
  };
  return { opened, ...kept(open) };
}

test('a watch that follows finds the session of the one before, and one of other hosts does not', () => {
  const { take, opened } = sessions();
  const first = take(input, undefined);
  first.release(false);
  vi.advanceTimersByTime(lingerMs - 1);
  expect(take(input, undefined).session).toBe(first.session);
  vi.advanceTimersByTime(lingerMs * 2);
  expect(opened[0]?.close).not.toHaveBeenCalled();
  expect(take(other, undefined).session).not.toBe(first.session);
});

test('a session that nobody takes up is closed, sooner after a cancellation, and a new one is opened then', () => {
  for (const [cancelled, ms] of [
    [false, lingerMs],
    [true, lingerCancelledMs],
  ] as const) {
    const { take, opened } = sessions();
    take(input, undefined).release(cancelled);
    vi.advanceTimersByTime(ms);
    expect(opened[0]?.close).toHaveBeenCalledOnce();
    take(input, undefined);
    expect(opened).toHaveLength(2);
  }
});

test('a watch that was cancelled does not end the session of another that goes on', () => {
  const { take, opened } = sessions();
  const first = take(input, undefined);
  take(input, undefined);
  first.release(true);
  vi.advanceTimersByTime(lingerMs);
  expect(opened).toHaveLength(1);
  expect(opened[0]?.close).not.toHaveBeenCalled();
});
