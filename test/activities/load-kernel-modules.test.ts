import { expect, test } from 'vitest';
import { loadKernelModules } from '../../activities/load-kernel-modules.ts';
import { fakeHost, fakeHosts } from '../../hosts/fake.ts';
import { callOf, runStep, targetOf } from './call.ts';

const path = '/etc/modules-load.d/holdfast.conf';

function host(before: string, after: string, file?: string) {
  let looks = 0;
  return fakeHost('a')
    .file(path, file)
    .on(/^\nstate\(\)/, () => ({ stdout: looks++ === 0 ? before : after }));
}
const run = (fake: ReturnType<typeof host>) =>
  runStep(loadKernelModules, fakeHosts(fake), callOf<'load-kernel-modules'>({}, targetOf('a')));
const both = '# Written by holdfast.\noverlay\nbr_netfilter\n';

test('what is loaded and on file stays as it is', async () => {
  const fake = host('loaded\nloaded\n', '', both);
  expect(await run(fake)).toEqual({ changed: false, summary: 'overlay is there, br_netfilter too' });
});

test('what can be loaded is loaded, now and at boot', async () => {
  const fake = host('loadable\nloadable\n', 'loaded\nloaded\n').expect('modprobe -a -- overlay br_netfilter');
  expect(await run(fake)).toEqual({ changed: true, summary: 'loaded overlay, br_netfilter' });
  expect(fake.content(path)).toBe(both);
  fake.verify();
});

test('a kernel without br_netfilter is told, not refused', async () => {
  const fake = host('builtin\nabsent\n', '', '# Written by holdfast.\n');
  expect(await run(fake)).toMatchObject({
    changed: false,
    summary: expect.stringContaining('no br_netfilter') as unknown,
  });
});

test('a kernel without overlay is refused', async () => {
  await expect(run(host('absent\nabsent\n', ''))).rejects.toMatchObject({ type: 'ProblemFound' });
});

test('a module that is not there after modprobe is an error', async () => {
  const fake = host('loaded\nloadable\n', 'loaded\nloadable\n').expect(/^modprobe/);
  await expect(run(fake)).rejects.toMatchObject({ type: 'NotYet' });
});
