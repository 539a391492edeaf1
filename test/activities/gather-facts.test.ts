import { rmSync } from 'node:fs';
import { hostname, totalmem } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { gatherFacts } from '../../activities/gather-facts.ts';
import { fakeHost, fakeHosts } from '../../hosts/fake.ts';
import { sshHosts } from '../../hosts/ssh-hosts.ts';
import { standIn, startSshd } from '../hosts/sshd.ts';
import type { TestSshd } from '../hosts/sshd.ts';
import { callOf, runStep, targetOf } from './call.ts';

let sshd: TestSshd;
const hosts = sshHosts();
beforeAll(async () => void (sshd = await startSshd()));
afterAll(async () => {
  await hosts.close();
  await sshd.stop();
});

test('the facts are those of the machine', async () => {
  const facts = await runStep(gatherFacts, hosts, callOf<'gather-facts'>({}, sshd.target()));
  expect(facts.host).toBe('host-1');
  expect(facts.hostname).toBe(hostname());
  expect(Math.abs(facts.memoryMb - totalmem() / 1024 / 1024)).toBeLessThan(2);
  expect(facts.cpus).toBeGreaterThan(0);
  expect(facts.freeMb['/']).toBeGreaterThan(0);
  expect(facts.os.id).not.toBe('');
  expect(facts.kernel).toMatch(/^\d+\.\d+/);
  // The clock is the same: what differs is within the error that is told.
  expect(Math.abs(facts.clockOffsetMs)).toBeLessThanOrEqual(facts.clockErrorMs + 1);
});

const captured = (name: string) => fileURLToPath(new URL(`../captured/facts/${name}`, import.meta.url));

test.each([
  ['rocky-9.6', 15_963, ['10.0.0.31/24 enp1s0']],
  ['opensuse-leap-15.6', 37_419, ['10.0.0.31/24 eth0', '172.17.0.1/16 docker0']],
  ['ubuntu-24.04', 5033, ['10.0.0.31/24 ens3']],
])('what df and ip say on %s is read', async (name, free, addresses) => {
  standIn(sshd, 'df', `[ "$1" = -Pm ] && cat '${captured(`${name}-df`)}'`);
  standIn(sshd, 'ip', `[ "$*" = '-o -4 addr show' ] && cat '${captured(`${name}-ip-addr`)}'`);
  try {
    const facts = await runStep(gatherFacts, hosts, callOf<'gather-facts'>({}, sshd.target()));
    expect(facts.freeMb['/']).toBe(free);
    expect(facts.addresses.map((one) => `${one.cidr} ${one.interface}`)).toEqual(addresses);
  } finally {
    for (const program of ['df', 'ip']) rmSync(join(sshd.bin, program));
  }
});

test('IPv6 addresses that others may reach it by are read too, and are none where it has none', async () => {
  const facts = () => runStep(gatherFacts, hosts, callOf<'gather-facts'>({}, sshd.target()));
  const four = '2: eth0    inet 10.0.0.31/24 brd 10.0.0.255 scope global eth0';
  const six = [
    '2: eth0    inet6 fd00:10::31/64 scope global \\       valid_lft forever preferred_lft forever',
    '3: docker0    inet6 fd00:99::1/64 scope global nodad \\       valid_lft forever preferred_lft forever',
  ];
  try {
    standIn(
      sshd,
      'ip',
      `case "$*" in
  '-o -4 addr show') echo '${four}';;
  '-o -6 addr show scope global') printf '%s\\n' ${six.map((line) => `'${line}'`).join(' ')};;
  *) exit 64;;
esac`,
    );
    expect(await facts()).toMatchObject({
      addresses: [{ cidr: '10.0.0.31/24', interface: 'eth0' }],
      addresses6: [
        { cidr: 'fd00:10::31/64', interface: 'eth0' },
        { cidr: 'fd00:99::1/64', interface: 'docker0' },
      ],
    });
    standIn(sshd, 'ip', `[ "$*" = '-o -4 addr show' ] && echo '${four}'`);
    expect(await facts()).not.toHaveProperty('addresses6');
  } finally {
    rmSync(join(sshd.bin, 'ip'));
  }
});

test('a host without the ip command is told so', async () => {
  const fake = fakeHost('a')
    .expect(/^date/, { stdout: '1\n' })
    .expect(/command -v ip/, { code: 69 });
  await expect(
    runStep(gatherFacts, fakeHosts(fake), callOf<'gather-facts'>({}, targetOf('a'))),
  ).rejects.toMatchObject({
    type: 'ProblemFound',
    message: expect.stringContaining('ip is missing') as unknown,
  });
});
