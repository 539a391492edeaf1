import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { resolveOwnName } from '../../activities/resolve-own-name.ts';
import { callStep, failureOf } from './call-step.ts';
import { LocalHost } from './local-host.ts';
import { put } from './pki-fixture.ts';

let host: LocalHost;
beforeEach(async () => void (host = await LocalHost.make('worker-1')));
afterEach(() => host.remove());

const hosts = (content: string) => put(host, '/etc/hosts', content, 0o644);
const run = () => callStep(resolveOwnName, {}, [host]);
const name = hostname();

test.each([`127.0.1.1 ${name}`, `192.0.2.1\tother ${name} # mine`])('%j names it already', async (line) => {
  hosts(`127.0.0.1 localhost\n${line}\n`);
  expect(await run()).toEqual({ changed: false, summary: '/etc/hosts has its own name' });
});

test.each([`# 127.0.1.1 ${name}`, `192.0.2.1 ${name}.example`, `192.0.2.1 other # ${name}`, ''])(
  '%j does not: a line is added, and nothing else is touched',
  async (line) => {
    const before = `127.0.0.1 localhost\n${line}\n`;
    hosts(before);
    expect(await run()).toMatchObject({ changed: true });
    expect(readFileSync(host.path('/etc/hosts'), 'utf8')).toBe(`${before}127.0.1.1 ${name}\n`);
    expect(await run()).toMatchObject({ changed: false });
  },
);

test('a last line without an end is not glued to', async () => {
  hosts('127.0.0.1 localhost');
  expect(await run()).toMatchObject({ changed: true });
  expect(readFileSync(host.path('/etc/hosts'), 'utf8')).toBe(`127.0.0.1 localhost\n127.0.1.1 ${name}\n`);
});

test('a file that something else writes back is not called done', async () => {
  hosts('127.0.0.1 localhost\n');
  host.on(/^name=/, {});
  expect(await failureOf(run())).toMatchObject({ type: 'NotYet' });
});
