import { expect, test } from 'vitest';
import { outageTold } from '../../demo/outage-told.ts';
import { probeLog, start } from '../cluster/drill/logs.ts';

const told = (bad: Parameters<typeof probeLog>[2]) =>
  outageTold({
    cluster: 'demo',
    story: 'all masters',
    what: 'master-1, master-2 powered off',
    marks: { fault: start + 5000, restored: start + 45_000 },
    events: [{ at: start + 16_000, what: 'promoting' }],
    logs: [probeLog('bastion-1', 50, bad)],
  });

test('an outage is told as a strip for each way to the API, a line, and a picture', () => {
  const { text, svg } = told([
    { stream: 0, from: 5, to: 27 },
    { stream: 1, from: 5, to: 28 },
  ]);
  const lines = text.split('\n');
  expect(lines.slice(0, 2).map((line) => line.slice(0, 28).trim())).toEqual([
    'bastion-1 internal read',
    'bastion-1 internal write',
  ]);
  expect(lines.at(-1)).toBe(
    'last failed read 21.9 s after the power-off, last failed write 22.9 s after the power-off',
  );
  expect(svg).toContain('all masters: master-1, master-2 powered off');
});

test('where nothing failed it says so', () => {
  expect(told([]).text.split('\n').at(-1)).toBe('no read failed, no write failed');
});
