import { appendFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Run } from './judge.ts';

/** Results add up over time, and are part of the repository. Found from the sources and from dist/ alike. */
export function resultsFile(): string {
  if (process.env.HOLDFAST_RESULTS) return process.env.HOLDFAST_RESULTS;
  let dir = import.meta.dirname;
  while (!existsSync(join(dir, 'package.json'))) dir = dirname(dir);
  return join(dir, 'bench', 'results', 'availability.jsonl');
}

export function readRuns(file: string = resultsFile()): Run[] {
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, 'utf8').split('\n');
  return lines.filter((line) => line.trim() !== '').map((line) => JSON.parse(line) as Run);
}

export function addRun(run: Run, file: string = resultsFile()): void {
  mkdirSync(dirname(file), { recursive: true });
  appendFileSync(file, `${JSON.stringify(run)}\n`);
}
