import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { exists } from './files.ts';
import { asset } from './paths.ts';

/**
 * Makes a bare git repository of lab/playbook at `path`, its only commit tagged as `version`: what stands in where Kubespray's
 * own cannot be cloned. Author and date are fixed, so the same files give the same commit. Nothing where there is no playbook.
 */
export async function publishPlaybook(path: string, version: string): Promise<string | undefined> {
  const source = asset('playbook');
  if (!(await exists(source))) return undefined;
  if (!(await exists(join(path, 'HEAD')))) await git(path, 'init', '-q', '--bare', '-b', 'main');
  await mkdir(join(path, 'info'), { recursive: true });
  await writeFile(join(path, 'info/exclude'), '__pycache__/\n*.pyc\n*.retry\n');

  const work = ['--work-tree', source, '-c', 'core.autocrlf=false', '-c', 'core.excludesFile='];
  await git(path, ...work, 'add', '-A', '.');
  const tree = await git(path, 'write-tree');
  const commit = await git(path, 'commit-tree', tree, '-m', `The lab's playbook as ${version}`);
  await git(path, 'update-ref', 'refs/heads/main', commit);
  await git(path, 'update-ref', `refs/tags/${version}`, commit);
  return commit;
}

async function git(path: string, ...args: string[]): Promise<string> {
  const who = { NAME: 'holdfast', EMAIL: 'lab@holdfast.invalid', DATE: '2025-01-01T00:00:00Z' };
  const env = Object.fromEntries(
    Object.entries(who).flatMap(([key, value]) => [
      [`GIT_AUTHOR_${key}`, value],
      [`GIT_COMMITTER_${key}`, value],
    ]),
  );
  const cwd = args[0] === '--work-tree' ? args[1] : undefined;
  const { stdout } = await execa('git', [`--git-dir=${path}`, ...args], {
    env,
    ...(cwd === undefined ? {} : { cwd }),
  });
  return stdout.trim();
}
