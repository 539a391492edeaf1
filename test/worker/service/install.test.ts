import { stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Installation, installService } from '../../../worker/service/install.ts';
import { environmentFile, temporalFile, unitFolder } from '../../../worker/service/paths.ts';
import { removeService } from '../../../worker/service/remove.ts';
import { serviceStatus } from '../../../worker/service/status.ts';
import { statusText } from '../../../client/service/text.ts';
import { FakeMachine } from './fake-machine.ts';
import { example, withoutServer } from './settings.ts';

let machine: FakeMachine;
beforeEach(async () => void (machine = await FakeMachine.make()));
afterEach(() => machine.delete());

const install = (more: Partial<Installation> = {}): Promise<readonly string[]> =>
  installService({
    machine,
    settings: example,
    findTemporal: () => Promise.resolve(machine.temporal),
    polls: (address) =>
      Promise.resolve(
        address === '127.0.0.1:9464' && machine.units.get('holdfast-worker.service')?.active === 'active',
      ),
    pauseMs: 1,
    ...more,
  });

test('on a fresh machine it makes user, program, settings and units, and starts server, worker and timer in this order', async () => {
  expect(await install()).toEqual([
    'user holdfast made',
    '/usr/local/lib/holdfast/temporal written',
    '/etc/holdfast/worker.env written',
    'holdfast-temporal.service written',
    'holdfast-worker.service written',
    'holdfast-backup.service written',
    'holdfast-backup.timer written',
    'holdfast-temporal.service enabled',
    'holdfast-temporal.service started',
    'holdfast-worker.service enabled',
    'holdfast-worker.service started',
    'holdfast-backup.timer enabled',
    'holdfast-backup.timer started',
  ]);
  expect(await machine.text(temporalFile)).toBe('version 1');
  expect((await stat(join(machine.root, environmentFile))).mode & 0o777).toBe(0o600);
  expect((await stat(join(machine.root, temporalFile))).mode & 0o777).toBe(0o755);
});

test('run again it changes nothing, and starts nothing anew', async () => {
  await install();
  machine.did.length = 0;
  expect(await install()).toEqual([]);
  expect(machine.did.filter((line) => !line.startsWith('runuser'))).toEqual([]);
});

test('another build starts the worker anew, and leaves the server alone', async () => {
  await install();
  machine.did.length = 0;
  expect(await install({ settings: { ...example, build: 'another' } })).toEqual([
    'holdfast-worker.service written',
    'holdfast-worker.service started anew',
  ]);
  expect(machine.did.filter((line) => line.startsWith('systemctl'))).toEqual([
    'systemctl daemon-reload',
    'systemctl restart holdfast-worker.service',
  ]);
});

test('another version of Temporal takes the place of the old one, and the server is started anew', async () => {
  await install();
  await writeFile(machine.temporal, 'version 2');
  expect(await install()).toEqual([
    '/usr/local/lib/holdfast/temporal written',
    'holdfast-temporal.service started anew',
  ]);
  expect(await machine.text(temporalFile)).toBe('version 2');
});

test('what a person stopped is started; what they wrote into the settings stays', async () => {
  await install();
  await machine.write(environmentFile, 'HOLDFAST_BACKUP_IDENTITY=/root/key\n', 0o600);
  Object.assign(machine.units.get('holdfast-worker.service') ?? {}, { active: 'inactive', enabled: false });
  expect(await install()).toEqual(['holdfast-worker.service enabled', 'holdfast-worker.service started']);
  expect(await machine.text(environmentFile)).toBe('HOLDFAST_BACKUP_IDENTITY=/root/key\n');
});

test('a worker alone asks for no Temporal, and nothing is backed up', async () => {
  const findTemporal = () => Promise.reject(new Error('not needed'));
  await install({ settings: withoutServer, findTemporal });
  expect([...machine.units.keys()]).toEqual(['holdfast-worker.service']);
  expect(await machine.text(environmentFile)).toContain('# TEMPORAL_ADDRESS=');
});

test('a port that another program holds is named before anything is touched', async () => {
  machine.taken.add(8233);
  await expect(install()).rejects.toThrow('port 8233 is taken by another program. Is it holdfast dev?');
  expect(machine.did).toEqual([]);
  expect(await machine.read(environmentFile)).toBeUndefined();
});

test('a checkout that the user may not read is said, before a unit that could not start is written', async () => {
  machine.closed.add(example.main);
  await expect(install()).rejects.toThrow(
    /the user holdfast cannot run .*main\.js --help \(1\): .*Permission denied\nPut holdfast, and node, where every user/,
  );
  expect(await machine.read(`${unitFolder}/holdfast-worker.service`)).toBeUndefined();
});

test('a server that does not start is an error with the end of its journal', async () => {
  machine.broken.add('holdfast-temporal.service');
  await expect(install()).rejects.toThrow(
    /start holdfast-temporal.service ended with 1: Job for .* failed\.\njournal of holdfast-temporal.service\nMore: journalctl/,
  );
});

test('a worker that is started and does not poll is an error too', async () => {
  await expect(install({ polls: () => Promise.resolve(false) })).rejects.toThrow(
    /the worker does not poll .*127\.0\.0\.1:9464.*\njournal of holdfast-worker\.service/,
  );
});

test('where a person moved the metrics, the worker is asked there', async () => {
  await machine.write(environmentFile, 'HOLDFAST_METRICS_ADDRESS=9999\n', 0o600);
  const asked: string[] = [];
  await install({ polls: (address) => Promise.resolve(asked.push(address) > 0) });
  expect(asked).toEqual(['127.0.0.1:9999']);
});

test('a user that useradd did not make is an error', async () => {
  const run = machine.run;
  machine.run = (command, args) =>
    command === 'useradd'
      ? Promise.resolve({ code: 1, stdout: '', stderr: 'read-only' })
      : run(command, args);
  await expect(install()).rejects.toThrow(/there is no user holdfast, and useradd .* made none/);
});

test('remove stops and takes away the units and the program, keeps data and settings, and run again does nothing', async () => {
  await install();
  expect(await removeService(machine)).toEqual([
    'holdfast-backup.timer stopped and removed',
    'holdfast-backup.service stopped and removed',
    'holdfast-worker.service stopped and removed',
    'holdfast-temporal.service stopped and removed',
    '/usr/local/lib/holdfast removed',
  ]);
  expect(await machine.list(unitFolder)).toEqual([]);
  expect(await machine.read(environmentFile)).toBeDefined();
  expect(await removeService(machine)).toEqual([]);
  expect(await install()).toContain('holdfast-temporal.service started');
});

test('status tells of each unit and of the newest backup, and is well only while all is', async () => {
  expect(await serviceStatus(machine)).toMatchObject({ well: false, units: [] });
  expect(statusText(await serviceStatus(machine))).toBe(
    'nothing is installed here: holdfast service install',
  );
  await install();
  for (const time of ['0208', '0817'])
    await machine.write(
      `/var/lib/holdfast-service/backups/temporal-20261125T${time}04Z.db.gz`,
      'x'.repeat(2e5),
      0o600,
    );
  const status = await serviceStatus(machine);
  expect(status.well).toBe(true);
  expect(status.backups).toMatchObject({ count: 2, newest: { name: 'temporal-20261125T081704Z.db.gz' } });
  expect(statusText(status)).toBe(
    [
      'holdfast-temporal.service  active    enabled   since Wed 2026-11-25 02:08:04 UTC',
      'holdfast-worker.service    active    enabled   since Wed 2026-11-25 02:08:04 UTC',
      'holdfast-backup.service    inactive  static    since Wed 2026-11-25 02:08:04 UTC',
      'holdfast-backup.timer      active    enabled   since Wed 2026-11-25 02:08:04 UTC',
      'newest of 2 backups: /var/lib/holdfast-service/backups/temporal-20261125T081704Z.db.gz (0.2 MB)',
    ].join('\n'),
  );
  Object.assign(machine.units.get('holdfast-worker.service') ?? {}, {
    active: 'failed',
    result: 'exit-code',
  });
  const ill = await serviceStatus(machine);
  expect(ill.well).toBe(false);
  expect(statusText(ill)).toContain('ended last with exit-code: journalctl --unit holdfast-worker.service');
});

test('a backup that failed is not well, though nothing of it runs', async () => {
  await install();
  machine.units.set('holdfast-backup.service', { active: 'failed', enabled: false, result: 'exit-code' });
  expect((await serviceStatus(machine)).well).toBe(false);
});
