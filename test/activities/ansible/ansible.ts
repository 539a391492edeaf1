import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';

const requirement = 'ansible-core>=2.18,<2.19';

/** The bin folder of a venv with the ansible-core of Kubespray v2.31; made once a machine, with pip. */
export async function ansibleBin(): Promise<string> {
  const cache = process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache');
  const key = createHash('sha256').update(requirement).digest('hex').slice(0, 8);
  const venv = join(cache, 'holdfast', `test-ansible-${key}`);
  const marker = join(venv, 'complete');
  if (!existsSync(marker)) {
    mkdirSync(venv, { recursive: true });
    await execa('python3', ['-m', 'venv', '--clear', venv]);
    await execa(join(venv, 'bin', 'pip'), ['install', '--quiet', requirement]);
    writeFileSync(marker, '');
  }
  return join(venv, 'bin');
}
