import { expect, test } from 'vitest';
import { fakeHost, fakeHosts } from '../../hosts/fake.ts';
import { sh } from '../../hosts/shell.ts';

test('a command that nobody expected is refused', async () => {
  await expect(fakeHost('a').run(sh`true`)).rejects.toThrow('the fake does not know: true');
});

test('expected commands answer in order, and one that never came is told', async () => {
  const host = fakeHost('a').expect('one', { stdout: '1' }).expect(/two/, { stdout: '2' });
  await expect(host.run(sh`two`)).rejects.toThrow('expected next: one');
  expect(await host.run(sh`one`)).toEqual({ code: 0, stdout: '1', stderr: '' });
  expect(() => host.verify()).toThrow('never happened: /two/');
  await host.run(sh`x two y`);
  host.verify();
});

test('an exit code is judged as by a real host', async () => {
  const host = fakeHost('a').on('look', { code: 1, stderr: 'no' });
  await expect(host.run(sh`look`)).rejects.toMatchObject({ kind: 'CommandFailed', details: { exitCode: 1 } });
  expect(await host.run(sh`look`, { ok: [0, 1] })).toMatchObject({ code: 1 });
});

test('a file is known only when told, and a write changes only what differs', async () => {
  const host = fakeHost('a').file('/x', undefined);
  await expect(host.readFile('/y')).rejects.toThrow('the file /y');
  await expect(host.writeFile({ path: '/y', content: '', mode: 0o644 })).rejects.toThrow('the file /y');
  expect(await host.readFile('/x')).toBeUndefined();
  const wanted = { path: '/x', content: 'new', mode: 0o600, sudo: true };
  expect(await host.writeFile(wanted)).toEqual({ changed: true });
  expect(await host.writeFile(wanted)).toEqual({ changed: false });
  expect(await host.writeFile({ ...wanted, mode: 0o644 })).toEqual({ changed: true });
  expect(host.content('/x')).toBe('new');
  expect(host.done).toEqual(['write /x', 'write /x']);
});

test('a job goes through the states it was told', async () => {
  const host = fakeHost('a').job('j', [
    { state: 'absent' },
    { state: 'running', log: '', offset: 0 },
    { state: 'ended', rc: 0, log: '', offset: 0 },
  ]);
  const job = { name: 'j', dir: '/j', command: sh`x` };
  expect(await host.startJob(job)).toEqual({ started: true });
  expect(await host.startJob(job)).toEqual({ started: false });
  expect(await host.readJob('j', '/j', 0)).toMatchObject({ state: 'running' });
  expect(await host.readJob('j', '/j', 0)).toMatchObject({ state: 'ended' });
  await expect(host.startJob({ ...job, name: 'k' })).rejects.toThrow('the job k');
});

test('a host without a fake is refused', () => {
  const target = { name: 'b', address: '10.0.0.1', port: 22, user: 'root', knownHosts: '' };
  expect(() => fakeHosts(fakeHost('a')).host(target)).toThrow('no fake for the host b');
});

test('a streaming command says its lines, and goes on until it is cancelled where it was told so', async () => {
  const lines: string[] = [];
  const host = fakeHost('a')
    .on('short', { code: 2, stdout: 'one\ntwo\n', stderr: 'why\n' })
    .on('long', { stdout: 'three\n', open: true });
  expect(await host.stream(sh`short`, (line) => lines.push(line))).toEqual({ code: 2, tail: 'why' });
  const stop = new AbortController();
  const ended = host.stream(sh`long`, (line) => (lines.push(line), stop.abort(new Error('enough'))), stop);
  await expect(ended).rejects.toThrow('enough');
  expect(lines).toEqual(['one', 'two', 'three']);
  await expect(host.stream(sh`other`, () => {})).rejects.toThrow('the fake does not know: other');
});
