import { expect, test } from 'vitest';
import { checkReachability } from '../../../activities/check-reachability.ts';
import { type FakeHost, fakeHost } from '../../../hosts/fake.ts';
import { runStep } from '../run-step.ts';

const looks = /firewall-cmd --zone=trusted --list-all/;
const firewalld = 'firewalld\ntrusted\n  target: ACCEPT\n  interfaces: \n  sources: \n';

/** A host that opens every listener, and whose dials end like this. */
const node = (name: string, outcome: 'open' | 'silent', firewall = ''): FakeHost =>
  fakeHost(name)
    .on(/^python3 -c .* holdfast-reachability-/s, { stdout: '{"pid":0,"busy":[],"failed":[]}' })
    .on(/^python3 -c .* holdfast-dial$/s, { stdout: JSON.stringify([outcome]) })
    .on(looks, { stdout: firewall });

const needs = {
  nodes: ['worker-2'],
  podCidr: '10.233.64.0/18',
  balancers: [],
  outsidePorts: [],
};
const check = (from: FakeHost, to: FakeHost) =>
  runStep(
    checkReachability,
    {
      matrix: [{ from: [from.name], to: [to.name], port: 10250, protocol: 'tcp', why: 'a test' }],
      addresses: [],
      firewall: needs,
    },
    [from, to],
  );

test('a firewall that lets all through is no matter, and only nodes are asked for theirs', async () => {
  const hosts = [node('master-1', 'open', firewalld), node('worker-2', 'open')] as const;
  expect(await check(...hosts)).toMatchObject({ changed: false });
  expect(hosts[0].done.filter((command) => looks.test(command))).toEqual([]);
});

test('a connection that fails is told with the commands that open the firewall of the host that was dialled', async () => {
  const running = check(node('worker-2', 'silent'), node('master-1', 'open', firewalld));
  await expect(running).rejects.toMatchObject({ type: 'ProblemFound' });
  const message = await running.catch((error: unknown) => (error as Error).message);
  expect(message).toContain('worker-2 → master-1:10250/tcp (a test): no answer');
  expect(message).toContain(
    'master-1: firewalld is on; enter there as root: firewall-cmd --permanent --add-port=10250/tcp && firewall-cmd --reload',
  );
});

test('a node whose firewall would reject pods is told though every connection works', async () => {
  await expect(check(node('master-1', 'open'), node('worker-2', 'open', firewalld))).rejects.toThrow(
    'worker-2: firewalld does not let pods’ traffic through',
  );
});
