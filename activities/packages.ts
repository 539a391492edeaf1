import type { OperatingSystem } from '../cluster/operating-systems.ts';
import type { Host } from '../hosts/host.ts';
import { sh } from '../hosts/shell.ts';
import { type StepTools, notYet } from './step.ts';

/**
 * Looks which packages are missing, installs those, looks again. The index is read anew only when something is to be
 * installed. Throws `CommandFailed` (a lock, a mirror: Temporal tries again) or `NotYet`.
 */
export async function ensurePackages(
  host: Host,
  family: OperatingSystem,
  packages: readonly string[],
  { outside, signal }: Pick<StepTools, 'outside' | 'signal'>,
): Promise<{ changed: boolean; installed: readonly string[] }> {
  const missing = await missingPackages(host, family, packages, signal);
  if (missing.length === 0) return { changed: false, installed: [] };
  const { update, install, ends } = family.commands;
  const environment = Object.entries(family.environment).map(([name, value]) => `${name}=${value}`);
  const options = { sudo: true, signal, ok: ends };
  await outside(host, sh`env ${environment} ${update}`, { ...options, timeout: 300 });
  await outside(host, sh`env ${environment} ${install(missing)}`, { ...options, timeout: 900 });
  const still = await missingPackages(host, family, missing, signal);
  if (still.length > 0) {
    throw notYet(
      host.name,
      `not installed after the package manager said so: ${still.join(' ')}`,
      `Look at them on ${host.name}: ${sh`${family.commands.query(still)}`.text}`,
    );
  }
  return { changed: true, installed: missing };
}

/** Those that are not installed, or only half. */
export async function missingPackages(
  host: Host,
  family: OperatingSystem,
  packages: readonly string[],
  signal: AbortSignal,
): Promise<readonly string[]> {
  // Non-zero means that one is unknown to the package database: an answer, given in the lines that are lacking.
  const { stdout } = await host.run(sh`${family.commands.query(packages)}`, { signal, ok: 'any' });
  const installed = new Set(
    stdout
      .split('\n')
      .map((line) => line.trim().split(/\s+/))
      .filter(([, status]) => status !== undefined && family.commands.isInstalled(status))
      .map(([name]) => name),
  );
  return packages.filter((name) => !installed.has(name));
}
