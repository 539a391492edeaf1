import { expect, test } from 'vitest';
import { FailoverLines } from '../../../client/failover/lines.ts';
import { masterOff, waiting } from './status-fixture.ts';

const event = (second: number, what: string) => ({ at: `2026-11-25T03:00:0${second}.000Z`, what });

test('the first look tells the newest event, the state and what is degraded; the same look again tells nothing', () => {
  const plain = new FailoverLines();
  expect(plain.lines(masterOff)).toMatchInlineSnapshot(`
    [
      "2026-11-25 03:00:00 UTC  master-1 is lost",
      "2026-11-25 03:00:00 UTC  demo: degraded",
      "  degraded: master-1 is lost: no SSH, no API, its lease in etcd has run out",
    ]
  `);
  expect(plain.lines(masterOff)).toEqual([]);
});

test('each event is told once, also when older ones have been dropped meanwhile', () => {
  const plain = new FailoverLines();
  plain.lines({ ...masterOff, events: [event(1, 'a'), event(2, 'b')] });
  expect(plain.lines({ ...masterOff, events: [event(2, 'b'), event(3, 'c'), event(3, 'd')] })).toEqual([
    '2026-11-25 03:00:03 UTC  c',
    '2026-11-25 03:00:03 UTC  d',
  ]);
  expect(plain.lines({ ...masterOff, events: [event(4, 'e'), event(5, 'f')] })).toHaveLength(2);
});

test('a failover without any event yet tells the first ones all', () => {
  const plain = new FailoverLines();
  plain.lines({ ...masterOff, events: [] });
  expect(plain.lines({ ...masterOff, events: [event(1, 'a'), event(2, 'b')] })).toHaveLength(2);
});

test('what is mended and what is no longer waited for is told as well', () => {
  const plain = new FailoverLines();
  plain.lines(waiting);
  expect(plain.lines({ ...masterOff, degraded: [] })).toEqual([
    '  no longer: master-1 is lost: no SSH, no API, its lease in etcd has run out',
    'failover waits for nobody any more',
  ]);
});
