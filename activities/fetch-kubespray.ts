import type { Kubespray } from '../cluster/cluster.ts';
import type { Host } from '../hosts/host.ts';
import { sh } from '../hosts/shell.ts';
import { type StepBody, type StepTools, notYet, problem, step } from './step.ts';
import { ensureBastionPackages } from './bastion-packages.ts';
import { bastionPaths } from './bastion-paths.ts';
import { localGit } from './local-git.ts';

type Paths = ReturnType<typeof bastionPaths>;

interface Pinned {
  readonly source: string;
  readonly version: string;
  readonly commit: string;
}

const body: StepBody<'fetch-kubespray'> = async (call, tools) => {
  const { host, signal } = tools;
  const { kubespray } = call;
  const paths = bastionPaths(call.cluster);
  const there = await look(host, paths, signal);
  if (there.changes !== '')
    throw problem(
      host.name,
      `someone changed files in ${paths.checkout}: ${there.changes.slice(0, 300)}`,
      `Put what you need into kubespray.vars or a fork, then run git -C ${paths.checkout} checkout . there.`,
    );
  // What a URL was resolved to once stays: a tag that moves upstream must not change a cluster.
  const known = isUrl(kubespray.source) ? await pinned(host, paths, kubespray, signal) : undefined;
  const commit = known ?? (await resolve(kubespray, tools));
  const short = `${kubespray.version} (${commit.slice(0, 10)})`;
  const record: Pinned = { source: kubespray.source, version: kubespray.version, commit };
  if (there.commit === commit && !(await write(host, paths, record, signal)))
    return { changed: false, summary: `Kubespray ${short} is there` };
  if (there.commit !== commit) await fetch(paths, record, tools);
  const now = await look(host, paths, signal);
  if (now.commit !== commit || now.changes !== '')
    throw notYet(
      host.name,
      `${paths.checkout} is at ${now.commit ?? 'no commit'}, not ${commit}`,
      `Look at ${paths.checkout}.`,
    );
  await write(host, paths, record, signal);
  return { changed: true, summary: `Kubespray ${short} fetched` };
};

export const fetchKubespray = step('fetch-kubespray', body);

function isUrl(source: string): boolean {
  return /^[a-z][a-z0-9+.-]*:\/\//.test(source) || /^[\w.-]+@[\w.-]+:/.test(source);
}

/** Commit of the checkout (undefined: there is none), and what differs from it. Python's caches do not count. */
async function look(host: Host, paths: Paths, signal: AbortSignal) {
  const { stdout } = await host.run(
    sh`cd ${paths.checkout} 2>/dev/null || exit 0; git rev-parse --verify HEAD && git status --porcelain --untracked-files=all -- . ':(exclude,glob)**/__pycache__/**'`,
    { sudo: true, signal },
  );
  const [commit = '', ...changes] = stdout.trimEnd().split('\n');
  return { commit: commit === '' ? undefined : commit, changes: changes.join(', ') };
}

async function pinned(host: Host, paths: Paths, { source, version }: Kubespray, signal: AbortSignal) {
  const file = await host.readFile(paths.checkoutRecord, { sudo: true, signal });
  const record = file && (JSON.parse(file.toString()) as Pinned);
  return record?.source === source && record.version === version ? record.commit : undefined;
}

async function write(host: Host, paths: Paths, record: Pinned, signal: AbortSignal): Promise<boolean> {
  const content = `${JSON.stringify(record, null, 2)}\n`;
  return (await host.writeFile({ path: paths.checkoutRecord, content, mode: 0o600, sudo: true, signal }))
    .changed;
}

async function resolve({ source, version }: Kubespray, tools: StepTools): Promise<string> {
  const { host, signal } = tools;
  const commit = isUrl(source)
    ? await remoteCommit(source, version, tools)
    : await localGit(source, host.name, signal).commit(version);
  if (commit) return commit;
  throw problem(
    host.name,
    `${source} has no tag or branch ${version}`,
    'Set kubespray.version to a tag or a branch of that repository.',
  );
}

async function remoteCommit(source: string, version: string, tools: StepTools) {
  if (/^[0-9a-f]{40}$/.test(version)) return version;
  const { host, outside, signal } = tools;
  await ensureBastionPackages(host, tools);
  const names = [`refs/tags/${version}^{}`, `refs/tags/${version}`, `refs/heads/${version}`];
  const { stdout } = await outside(host, sh`GIT_TERMINAL_PROMPT=0 git ls-remote ${source} ${names}`, {
    sudo: true,
    signal,
    timeout: 120,
  });
  const found = new Map(stdout.split('\n').map((line) => line.split('\t').reverse() as [string, string]));
  return names.map((name) => found.get(name)).find((commit) => commit !== undefined);
}

/** Beside the old checkout first, so that an interrupted fetch leaves that one whole. */
async function fetch(paths: Paths, { source, commit }: Pinned, tools: StepTools): Promise<void> {
  const { host, outside, signal } = tools;
  await ensureBastionPackages(host, tools);
  const fresh = `${paths.checkout}.new`;
  const bundle = `${paths.root}/kubespray.bundle`;
  await host.run(sh`install -d -m 0700 ${paths.root}`, { sudo: true, signal });
  const from = isUrl(source) ? { source, head: commit } : { source: bundle, head: 'pinned' };
  if (!isUrl(source)) {
    const content = await localGit(source, host.name, signal).bundle(commit);
    await host.writeFile({ path: bundle, content, mode: 0o600, sudo: true, signal });
  }
  // A bundle without history is only taken where the commit is known as the end of it.
  const end = isUrl(source) ? sh`` : sh`echo ${commit} > .git/shallow`;
  await outside(
    host,
    sh`set -e; rm -rf ${fresh}; git init --quiet ${fresh}; cd ${fresh}
${end}
GIT_TERMINAL_PROMPT=0 git fetch --quiet --depth=1 ${from.source} ${from.head}
git checkout --quiet --detach ${commit}
rm -rf ${paths.checkout}.old; if [ -e ${paths.checkout} ]; then mv ${paths.checkout} ${paths.checkout}.old; fi
mv ${fresh} ${paths.checkout}; rm -rf ${paths.checkout}.old ${bundle}`,
    { sudo: true, signal, timeout: 900 },
  );
}
