// What the scripts behind `npm run …` share. Plain JavaScript without dependencies: they run before anything is installed.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = dirname(dirname(fileURLToPath(import.meta.url)));
export const holdfast = join(root, 'dist', 'client', 'main.js');

/** Runs a command in the checkout with its output shown; ends the script with its exit code when that is not 0. */
export function run(command, args, options = {}) {
  const code = tryRun(command, args, options);
  if (code !== 0) process.exit(code);
}

/** Runs a command in the checkout with its output shown; returns the exit code. */
export function tryRun(command, args, options = {}) {
  const { status, error, signal } = spawnSync(command, args, { cwd: root, stdio: 'inherit', ...options });
  if (error) console.error(`${command}: ${error.message}`);
  return status ?? (signal === 'SIGINT' ? 130 : 1);
}

/** Installs the npm packages of the lock file, unless just these are there already. */
export function ensurePackages() {
  if (installed()) return;
  console.log('installing npm packages (npm ci)');
  run('npm', ['ci', '--no-audit', '--no-fund', '--loglevel', 'error']);
}

/** npm notes in node_modules what it installed; packages for other platforms are left out there. */
function installed() {
  try {
    const packages = (file) => JSON.parse(readFileSync(join(root, file), 'utf8')).packages;
    const have = packages('node_modules/.package-lock.json');
    return Object.entries(packages('package-lock.json')).every(
      ([path, { version, optional }]) => path === '' || optional || have[path]?.version === version,
    );
  } catch {
    return false;
  }
}

/** Compiles to dist/ and bundles the workflows; quick when nothing changed. */
export function ensureBuilt() {
  ensurePackages();
  run(process.execPath, [join(root, 'scripts', 'build.mjs')]);
}

/** Debian packages that the tests run for real: installed when this is Debian or Ubuntu and we may. */
export function ensureDebianPackages(packages) {
  const missing = Object.entries(packages)
    .filter(([, file]) => !existsSync(file))
    .map(([name]) => name);
  if (missing.length === 0) return;
  if (process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get')) {
    console.log(`not installed, and their tests are skipped: ${missing.join(', ')}`);
    return;
  }
  console.log(`installing ${missing.join(', ')} (apt-get)`);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  run('apt-get', ['-qq', 'update'], { env });
  // A policy that starts nothing: the tests start what they need themselves, on ports of their own.
  const policy = '/usr/sbin/policy-rc.d';
  const ours = !existsSync(policy);
  if (ours) writeFileSync(policy, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  const code = tryRun('apt-get', ['-qq', 'install', '-y', '--no-install-recommends', ...missing], {
    env,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  if (ours) spawnSync('rm', ['-f', policy]);
  if (code !== 0) process.exit(code);
}
