import { expect, test } from 'vitest';
import { FailoverLines } from '../../../client/failover/lines.ts';
import { masterOff, waiting } from './status-fixture.ts';

const event = (second: number, what: string) => ({ at: `2026-11-25T03:00:0${second}.000Z`, what });

test('the first look tells how it is; the same look again tells nothing', () => {
  const plain = new FailoverLines();
  expect(plain.lines(waiting)).toEqual([
    '2026-11-25 03:00:00 UTC  demo: degraded',
    '  degraded: master-1 is lost: no SSH, no API, its lease in etcd has run out',
    'failover waits for a person: approval: all control-plane nodes are lost and failover.mode is manual',
    "    $ holdfast approve demo --reason '…'",
  ]);
  expect(plain.lines(waiting)).toEqual([]);
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

test('a new state is told, and of a new wait the commands: why it waits is in its event', () => {
  const plain = new FailoverLines();
  plain.lines({ ...masterOff, events: [] });
  const said = [event(1, 'waits: approval: all control-plane nodes are lost')];
  expect(plain.lines({ ...waiting, events: said })).toEqual([
    '2026-11-25 03:00:01 UTC  waits: approval: all control-plane nodes are lost',
    "    $ holdfast approve demo --reason '…'",
  ]);
  expect(
    plain.lines({ ...masterOff, events: said, state: 'promoting', since: '2026-11-25T03:00:02.000Z' }),
  ).toEqual(['2026-11-25 03:00:02 UTC  demo: promoting']);
});
