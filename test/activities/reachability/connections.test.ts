import { expect, test } from 'vitest';
import { connections, describe as lines } from '../../../activities/reachability/connections.ts';
import type { Failure } from '../../../activities/reachability/connections.ts';

const failure = (more: Partial<Failure>): Failure => ({
  from: 'a',
  to: 'b',
  protocol: 'tcp',
  port: 2379,
  why: 'etcd',
  outcome: 'silent',
  busy: false,
  outside: false,
  ...more,
});

test('every pair is dialled once, and nobody dials itself', () => {
  const reach = { from: ['a', 'b'], to: ['a', 'b'], port: 2380, protocol: 'tcp', why: 'etcd' } as const;
  expect(connections([reach, { ...reach, why: 'again' }]).map(({ from, to }) => `${from}${to}`)).toEqual([
    'ab',
    'ba',
  ]);
});

test('a pair is dialled at each address of the other that something asks for', () => {
  const reach = { from: ['a'], to: ['b'], port: 22, protocol: 'tcp', why: 'SSH' } as const;
  expect(connections([reach, { ...reach, at: 'ssh' }, { ...reach, at: 'ip' }]).map(({ at }) => at)).toEqual([
    undefined,
    'ssh',
    'ip',
  ]);
});

test.each([
  [failure({}), 'a → b:2379/tcp (etcd): no answer: a firewall on the way or on b drops tcp port 2379'],
  [failure({ outcome: 'refused' }), 'a → b:2379/tcp (etcd): refused: a firewall on b rejects it'],
  [
    failure({ outcome: 'refused', busy: true }),
    'a → b:2379/tcp (etcd): refused, though something listens there: on another address only? See ss -lntp on b',
  ],
  [failure({ outcome: 'No route to host' }), 'a → b:2379/tcp (etcd): No route to host'],
  [
    failure({ protocol: 'vrrp', port: 112 }),
    'a → b:VRRP (etcd): no answer: a firewall on the way or on b drops IP protocol 112',
  ],
  [
    failure({ outside: true }),
    'a → b:2379/tcp (etcd): no answer: b is off, or a firewall on the way or there drops tcp port 2379; mend it there, or name another server in the spec',
  ],
  [
    failure({ outside: true, outcome: 'refused' }),
    'a → b:2379/tcp (etcd): refused: nothing listens on b, or a firewall there rejects it; mend it there, or name another server in the spec',
  ],
  [
    failure({ outside: true, outcome: 'No route to host' }),
    'a → b:2379/tcp (etcd): No route to host; mend it there, or name another server in the spec',
  ],
])('a failure says who, whom, why, and the likely cause: %#', (one, line) => {
  expect(lines([one])).toEqual([line]);
});

test('those who fail alike share a line, and long lists are cut', () => {
  const many = Array.from({ length: 9 }, (_, i) => failure({ from: `w${i}` }));
  expect(lines([...many, failure({ port: 2380 })])).toEqual([
    expect.stringMatching(/^w0, w1, w2, w3, w4, w5 and 3 more → b:2379/),
    expect.stringMatching(/^a → b:2380/),
  ]);
});
