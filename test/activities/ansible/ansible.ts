import { createHash } from 'node:crypto';
import { existsSync, mkdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';

const requirement = 'ansible-core>=2.18,<2.19';

/** Two test files want it at once: the second waits for the lock, and finds it made. */
const make = `set -e
[ ! -e "$1/complete" ] || exit 0
python3 -m venv --clear "$1"
"$1/bin/pip" install --quiet "$2"
touch "$1/complete"`;

/** The bin folder of a venv with the ansible-core of Kubespray v2.31; made once a machine, with pip. */
export async function ansibleBin(): Promise<string> {
  const cache = process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache');
  const key = createHash('sha256').update(requirement).digest('hex').slice(0, 8);
  const venv = join(cache, 'holdfast', `test-ansible-${key}`);
  if (!existsSync(join(venv, 'complete'))) {
    mkdirSync(venv, { recursive: true });
    await execa('flock', [`${venv}.lock`, 'sh', '-c', make, 'sh', venv, requirement]);
  }
  return join(venv, 'bin');
}
