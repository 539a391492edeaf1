import { hostname, totalmem } from 'node:os';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { gatherFacts } from '../../activities/gather-facts.ts';
import { fakeHost, fakeHosts } from '../../hosts/fake.ts';
import { sshHosts } from '../../hosts/ssh-hosts.ts';
import { startSshd } from '../hosts/sshd.ts';
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
