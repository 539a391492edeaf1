import { existsSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { createHash } from 'node:crypto';
import { execa } from 'execa';
import { cacheFolder } from './paths.ts';

/** The ansible-core of Kubespray v2.31. */
const requirement = 'ansible-core>=2.18,<2.19';

/** Whoever comes second waits for the lock, and finds it made. */
const make = `set -e
[ ! -e "$1/complete" ] || exit 0
python3 -m venv --clear "$1"
"$1/bin/pip" install --quiet "$2"
touch "$1/complete"`;

/** The bin folder of a virtual environment with Ansible on this machine; made once, with pip. For tests and benchmarks. */
export async function ansibleBin(): Promise<string> {
  const key = createHash('sha256').update(requirement).digest('hex').slice(0, 8);
  const venv = cacheFolder(`ansible-${key}`);
  if (!existsSync(`${venv}/complete`)) {
    mkdirSync(dirname(venv), { recursive: true });
    await execa('flock', [`${venv}.lock`, 'sh', '-c', make, 'sh', venv, requirement]);
  }
  return `${venv}/bin`;
}
