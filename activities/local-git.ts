import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { HostError } from '../hosts/errors.ts';

/** A git repository on the worker's own machine. */
export function localGit(source: string, host: string, signal: AbortSignal) {
  const path = source.replace(/^~(?=\/)/, homedir());
  const git = (args: readonly string[]) => execa('git', args, { cancelSignal: signal, reject: false });
  const unreadable = (said: string) =>
    new HostError('LocalFileUnreadable', host, `${path} on the worker's machine: ${said.trim()}`, {
      next: 'kubespray.source must name a git repository that the worker can read.',
    });

  return {
    /** The commit that a tag, a branch, or a full hash names; undefined where it names none. */
    async commit(version: string): Promise<string | undefined> {
      const repository = await git(['-C', path, 'rev-parse', '--git-dir']);
      if (repository.exitCode !== 0) throw unreadable(repository.stderr);
      const names = /^[0-9a-f]{40}$/.test(version)
        ? [version]
        : [`refs/tags/${version}`, `refs/heads/${version}`, `refs/remotes/origin/${version}`];
      for (const name of names) {
        const found = await git(['-C', path, 'rev-parse', '--verify', '--quiet', `${name}^{commit}`]);
        if (found.exitCode === 0) return found.stdout.trim();
      }
      return undefined;
    },

    /** That one commit, without its history, as a git bundle with the head `pinned`. */
    async bundle(commit: string): Promise<Buffer> {
      const work = await mkdtemp(join(tmpdir(), 'holdfast-bundle-'));
      const shallow = join(work, 'shallow');
      const file = join(work, 'bundle');
      try {
        for (const args of [
          ['init', '--quiet', '--bare', shallow],
          ['-C', shallow, 'fetch', '--quiet', '--depth=1', `file://${path}`, `${commit}:refs/heads/pinned`],
          ['-C', shallow, 'bundle', 'create', '--quiet', file, 'pinned'],
        ]) {
          const done = await git(args);
          if (done.exitCode !== 0) throw unreadable(done.stderr);
        }
        return await readFile(file);
      } finally {
        await rm(work, { recursive: true, force: true });
      }
    },
  };
}
