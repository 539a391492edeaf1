import { describe, expect, test } from 'vitest';
import { Watch, masters } from './scenes.ts';

const allOff = { off: masters, leases: [] };

describe('all control-plane nodes off', () => {
  test('the first candidate is promoted as soon as the loss is confirmed', () => {
    const watch = new Watch().see({}, 60_000).see({ off: masters, leases: ['10.0.0.33'] }, 8000);
    watch.see(allOff, 10_000);
    expect(watch.story).toEqual([
      [0, 'nothing'],
      [78_000, 'promote worker-1'],
    ]);
    expect(watch.last.decision).toMatchObject({ lost: masters });
  });
});
