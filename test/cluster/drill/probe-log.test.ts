import { expect, test } from 'vitest';
import { parseProbeLog } from '../../../cluster/drill/probe-log.ts';

const head =
  '{"client":"worker-3","every":0.1,"limit":1,"streams":[{"address":"internal","kind":"read"},{"address":"internal","kind":"write"}]}';

test('a prober’s lines are tries by their start, stalls, and its end', () => {
  const text = [
    head,
    '{"s":1,"at":2050.5,"ms":1000.2,"late":0.2,"error":"connect timeout"}',
    '{"s":0,"at":2000.1,"ms":7.9,"late":0.1}',
    '{"stall":412.3,"at":2100.1}',
    '{"end":4000}',
    '',
  ].join('\n');
  expect(parseProbeLog(text)).toEqual({
    client: 'worker-3',
    every: 0.1,
    streams: [
      { address: 'internal', kind: 'read' },
      { address: 'internal', kind: 'write' },
    ],
    tries: [
      { stream: 0, at: 2000.1, ms: 7.9, late: 0.1 },
      { stream: 1, at: 2050.5, ms: 1000.2, late: 0.2, error: 'connect timeout' },
    ],
    stalls: [{ at: 2100.1, ms: 412.3 }],
    ended: 4000,
  });
});

test('one that was cut off keeps its whole lines, and has no end', () => {
  const log = parseProbeLog(`${head}\n{"s":0,"at":2000.1,"ms":7.9,"late":0.1}\n{"s":0,"at":21`);
  expect(log?.tries).toHaveLength(1);
  expect(log).not.toHaveProperty('ended');
});

test('what is no prober’s log is none', () => {
  expect(parseProbeLog('')).toBeUndefined();
  expect(parseProbeLog('Traceback (most recent call last):\n  File "prober.py"\n')).toBeUndefined();
});
