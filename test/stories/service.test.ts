import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generateIdentity, identityToRecipient } from 'age-encryption';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readSpec } from '../../client/read-spec.ts';
import type { Cluster } from '../../cluster/cluster.ts';
import type { ChangeStatus } from '../../cluster/status.ts';
import { canRunLab } from '../../lab/can-run.ts';
import { demoCluster, demoSpec } from '../../lab/demo-spec.ts';
import { labDown } from '../../lab/down.ts';
import { labPaths } from '../../lab/paths.ts';
import { labUp } from '../../lab/up.ts';
import { until, unhurried } from './support/holdfast.ts';
import { serviceHome as home, serviceHost } from './support/service-host.ts';

const name = 'story-service';
const subnet = '10.81.19';
const bastion = `${subnet}.10`;
const paths = labPaths(name);
const { on, moveIn, statusOf } = serviceHost(paths, bastion);
const statusNow = () => statusOf(name);
const units = ['holdfast-temporal.service', 'holdfast-worker.service'];

/**
 * One host, the bastion, with Temporal and the worker as its own units. The other eleven of the spec do not answer: so a
 * bring-up waits for a person, for as long as it takes, through whatever happens to the host that runs it.
 */
describe.skipIf((await canRunLab()) !== undefined)('Temporal and a worker as units of the bastion', () => {
  let folder: string;
  let runId: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'holdfast-service-'));
    await labDown(name);
    const cluster = await spec(folder);
    await labUp({ ...cluster, hosts: cluster.hosts.filter(({ roles }) => roles.includes('bastion')) });
    await moveIn(join(folder, 'cluster.yaml'));
  });
  afterAll(async () => {
    await labDown(name);
    await rm(folder, { recursive: true, force: true });
  });

  it('are installed, serve on loopback alone, and not as root; a second time they are so already', async () => {
    expect(await on('holdfast service install')).toContain('holdfast-worker.service started');
    expect((await on('holdfast service install')).split('\n')[0]).toBe('already so');
    for (const unit of units) {
      const pid = await property(unit, 'MainPID');
      expect((await on(`ps -o user= -p ${pid}`)).trim()).toBe('holdfast');
    }
    const listening = (await on("ss -Hltn | awk '{print $4}'")).split('\n');
    for (const port of [7233, 8233, 9464]) {
      const at = listening.filter((address) => address.endsWith(`:${port}`));
      expect(at.length).toBeGreaterThan(0);
      for (const address of at) expect(address).toMatch(/^(127\.0\.0\.1|\[::1\]):/);
    }
    expect(await on('curl -sf http://127.0.0.1:9464/metrics')).toContain('temporal_num_pollers{');
  });

  it('a bring-up waits for a person there', async () => {
    await on('holdfast up --detach /etc/holdfast/cluster.yaml');
    const status = await waiting();
    runId = status.runId;
    expect(status.waitingFor.map(({ error }) => error.kind)).toContain('ConnectionLost');
    await until(
      'the cluster’s metrics',
      2,
      () => on('curl -sf http://127.0.0.1:9464/metrics'),
      (text) => new RegExp(`^holdfast_change_parked_steps\\{.*cluster="${name}".*\\} [1-9]`, 'm').test(text),
      unhurried,
    );
  });

  it('and still does after a reboot, with nobody at the keyboard, and goes on with a person’s word', async () => {
    const boot = await on('stat -c %Z /proc/1');
    await on('systemctl reboot', { ok: false });
    await until(
      'it has booted again',
      3,
      () => on('stat -c %Z /proc/1', { ok: false }),
      (at) => /^\d+$/.test(at) && at !== boot,
      unhurried,
    );
    const status = await waiting();
    expect(status.runId).toBe(runId);
    const { host } = status.waitingFor[0] ?? {};
    await on(`holdfast retry ${name} --host ${host}`, { ok: false });
    await until(
      'the step runs again',
      1,
      () => statusNow(),
      (now) => now?.steps.some((step) => step.host === host && step.state === 'running') ?? false,
      200,
    );
  });

  it.each(units)('%s is back when it is killed', async (unit) => {
    const pid = await property(unit, 'MainPID');
    await on(`kill -KILL ${pid}`);
    await until(
      `${unit} runs again`,
      1,
      () => property(unit, 'MainPID'),
      (now) => now !== pid && now !== '0',
    );
    expect((await waiting()).runId).toBe(runId);
  });

  it('their data is backed up while they run, and on what is kept of it the bring-up waits still', async () => {
    await on('systemctl start holdfast-backup.service');
    expect(await on('holdfast service status')).toMatch(/newest of 1 backups: .*\.db\.gz/);
    await on(`systemctl stop holdfast-worker holdfast-temporal
cd ${home} && mkdir before && mv temporal.db* before/
zcat backups/temporal-*.db.gz > temporal.db
chown holdfast:holdfast temporal.db && chmod 600 temporal.db
systemctl start holdfast-temporal holdfast-worker`);
    expect((await waiting()).runId).toBe(runId);
  });

  it('are removed, and their data stays', async () => {
    await on('holdfast service remove');
    expect((await on('holdfast service remove')).split('\n')[0]).toBe('already so');
    expect((await on("systemctl list-unit-files --no-legend 'holdfast-*'", { ok: false })).trim()).toBe('');
    expect(await on(`ls ${home}`)).toContain('temporal.db');
  });
});

/** The demo's twelve hosts under this name, with keys where the worker's user has them; written for the host as well. */
async function spec(folder: string): Promise<Cluster> {
  const recipient = await identityToRecipient(await generateIdentity());
  const ssh = { identityFile: `${home}/.ssh/id_ed25519`, knownHosts: `${home}/.ssh/known_hosts` };
  const text = demoSpec({ paths: { ...ssh, playbook: paths.playbook }, recipient, vars: {} })
    .replace(`cluster: ${demoCluster}`, `cluster: ${name}`)
    .replaceAll('10.77.0.', `${subnet}.`);
  const file = join(folder, 'cluster.yaml');
  await writeFile(file, text);
  return readSpec(file);
}

const property = (unit: string, key: string): Promise<string> =>
  on(`systemctl show --property ${key} --value ${unit}`);

async function waiting(): Promise<ChangeStatus> {
  const found = await until(
    'the bring-up waits for a person',
    5,
    statusNow,
    (status) => status?.state === 'waiting',
    unhurried,
  );
  return found as ChangeStatus;
}
