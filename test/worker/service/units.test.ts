import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { temporalFile } from '../../../worker/service/paths.ts';
import { type ServiceSettings, unitNames, unitsOf } from '../../../worker/service/units.ts';
import { example, withoutServer } from './settings.ts';

test.each(unitsOf(example).map(({ name, text }) => [name, text] as const))(
  '%s is as it was',
  async (name, text) => {
    await expect(text).toMatchFileSnapshot(`golden/${name}`);
  },
);

test('a worker alone has no unit beside it, and names no Temporal of its own', async () => {
  const [worker, ...others] = unitsOf(withoutServer);
  expect(others).toEqual([]);
  expect(worker?.text).not.toMatch(/holdfast-temporal|TEMPORAL_ADDRESS/);
  await expect(worker?.text).toMatchFileSnapshot('golden/worker-alone.service');
});

test('what is removed is all that may be there', () => {
  expect([...unitNames].sort()).toEqual(
    unitsOf(example)
      .map(({ name }) => name)
      .sort(),
  );
});

test('another build is another unit, so that the worker is started anew', () => {
  const [, before] = unitsOf(example);
  const [, after] = unitsOf({ ...example, build: 'fedcba9876543210' });
  expect(after?.text).not.toBe(before?.text);
});

test('a checkout in a home is read there, and nowhere is a home written', () => {
  const home = { ...example, main: '/home/ann/holdfast/dist/client/main.js' };
  expect(unitsOf(home)[1]?.text).toContain('ProtectHome=read-only\n');
  expect(unitsOf(example)[1]?.text).toContain('ProtectHome=yes\n');
});

const systemdAnalyze = '/usr/bin/systemd-analyze';

describe.skipIf(!existsSync(systemdAnalyze))('systemd itself', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'holdfast-units-'));
    // Programs that are there, with blanks in their way: systemd looks for them.
    const program = join(folder, 'a program');
    await writeFile(program, '', { mode: 0o755 });
    const settings: ServiceSettings = {
      ...example,
      node: program,
      main: join(folder, '100% $HOME "main".js'),
    };
    for (const { name, text } of unitsOf(settings))
      await writeFile(join(folder, name), text.replaceAll(temporalFile, `"${program}"`));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  test('finds nothing wrong with them', async () => {
    const paths = unitsOf(example).map(({ name }) => join(folder, name));
    const { exitCode, all } = await execa(systemdAnalyze, ['verify', '--man=no', ...paths], {
      reject: false,
      all: true,
    });
    // It reads the machine's own units too, which are not ours to judge.
    expect(all.split('\n').filter((line) => /holdfast/.test(line))).toEqual([]);
    expect(exitCode).toBe(0);
  });

  test('finds a mistake where there is one', async () => {
    const broken = join(folder, 'broken.service');
    await writeFile(broken, '[Service]\nExecStart=/nowhere/at/all\n');
    const { exitCode } = await execa(systemdAnalyze, ['verify', '--man=no', broken], { reject: false });
    expect(exitCode).not.toBe(0);
  });

  test.each(['holdfast-temporal.service', 'holdfast-worker.service', 'holdfast-backup.service'])(
    'calls %s well protected (2.5 at most, of 10 for one that is not)',
    async (name) => {
      const args = ['security', '--offline=true', '--threshold=25', '--no-pager', join(folder, name)];
      const { exitCode, all } = await execa(systemdAnalyze, args, { reject: false, all: true });
      expect(`${exitCode} ${all.split('\n').at(-1)}`).toMatch(/^0 /);
    },
  );
});
