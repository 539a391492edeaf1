import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { fetchKubespray } from '../../activities/fetch-kubespray.ts';
import { callStep, failureOf } from './call-step.ts';
import { LocalHost } from './local-host.ts';

let bastion: LocalHost;
let repository: string;

const git = async (...args: string[]) => (await execa('git', ['-C', repository, ...args])).stdout;
const commit = async (text: string) => {
  writeFileSync(join(repository, 'cluster.yml'), text);
  await git('add', '.');
  await git('-c', 'user.name=t', '-c', 'user.email=t@example.org', 'commit', '-qm', text);
  return git('rev-parse', 'HEAD');
};

beforeEach(async () => {
  bastion = (await LocalHost.make('bastion-1'))
    .on(/^cat \/etc\/os-release/, { stdout: 'ID=debian\nVERSION_ID="12"\n' })
    .on(/^dpkg-query/, { stdout: 'git ii \nopenssh-client ii \npython3-venv ii \n' });
  repository = join(bastion.root, 'source');
  await execa('git', ['init', '-q', repository]);
  await commit('older');
  await commit('first');
  await git('tag', 'v1');
});
afterEach(() => bastion.remove());

const run = (version: string, source = repository) =>
  callStep(fetchKubespray, { kubespray: { version, source, vars: {} } }, [bastion]);
const checkedOut = async () =>
  (await execa('git', ['-C', bastion.path('/var/lib/holdfast/demo/kubespray'), 'log', '--format=%s'])).stdout;

test('a tag of a repository on the worker’s machine reaches the bastion without its history', async () => {
  expect(await run('v1')).toMatchObject({
    changed: true,
    summary: expect.stringContaining('v1 (') as string,
  });
  expect(await checkedOut()).toBe('first');
});

test('a second time it is there, and nothing is written', async () => {
  await run('v1');
  const before = bastion.done.length;
  expect(await run('v1')).toMatchObject({ changed: false });
  expect(bastion.done.slice(before).filter((line) => line.startsWith('write'))).toEqual([]);
});

test('a newer tag replaces the checkout', async () => {
  await run('v1');
  await commit('second');
  await git('tag', '-a', '-m', 'annotated', 'v2');
  expect(await run('v2')).toMatchObject({ changed: true });
  expect(await checkedOut()).toBe('second');
});

test('a URL is resolved once: a tag that moves upstream changes nothing', async () => {
  const url = `file://${repository}`;
  expect(await run('v1', url)).toMatchObject({ changed: true });
  await commit('moved');
  await git('tag', '-f', 'v1');
  expect(await run('v1', url)).toMatchObject({ changed: false });
  expect(await checkedOut()).toBe('first');
});

test('a version that is neither tag nor branch is a problem for a person, by path and by URL', async () => {
  for (const source of [repository, `file://${repository}`]) {
    const failure = await failureOf(run('v9', source));
    expect(failure).toMatchObject({ type: 'ProblemFound', nonRetryable: true });
    expect(failure.message).toContain('has no tag or branch v9');
  }
});

test('a source that is no repository names the worker’s machine', async () => {
  expect(await failureOf(run('v1', '/nonexistent/kubespray'))).toMatchObject({ type: 'LocalFileUnreadable' });
});

test('local changes in the checkout are told and left', async () => {
  await run('v1');
  writeFileSync(bastion.path('/var/lib/holdfast/demo/kubespray/cluster.yml'), 'edited');
  const failure = await failureOf(run('v1'));
  expect(failure).toMatchObject({ type: 'ProblemFound' });
  expect(failure.message).toContain('cluster.yml');
});
