import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import * as fc from 'fast-check';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { tarEntries, tarOf, withContent } from '../../activities/tar.ts';

let dir: string;
beforeEach(() => (dir = mkdtempSync(join(tmpdir(), 'holdfast-tar-'))));
afterEach(() => rmSync(dir, { recursive: true }));

const put = (path: string, content: string | Buffer, mode = 0o644) => {
  mkdirSync(dirname(join(dir, path)), { recursive: true });
  writeFileSync(join(dir, path), content, { mode });
};
const packed = async (...paths: string[]) => {
  const { stdout } = await execa('tar', ['-C', dir, '--numeric-owner', '-cf', '-', ...paths], {
    encoding: 'buffer',
  });
  return Buffer.from(stdout);
};
const unpacked = async (archive: Buffer) => {
  mkdirSync(join(dir, 'out'));
  await execa('tar', ['-C', join(dir, 'out'), '-xpf', '-'], { input: archive });
};

test('what tar has packed is read, with folders, links and empty files', async () => {
  put('etc/a.key', 'a key', 0o600);
  put('etc/empty', '');
  put('etc/large', Buffer.alloc(100_000, 7));
  symlinkSync('a.key', join(dir, 'etc/link'));
  const entries = tarEntries(await packed('etc'));
  expect(entries.map(({ path, kind, content }) => `${path} ${kind} ${content.length}`).toSorted()).toEqual([
    'etc folder 0',
    'etc/a.key file 5',
    'etc/empty file 0',
    'etc/large file 100000',
    'etc/link other 0',
  ]);
});

test('a changed file keeps its mode, and tar reads the archive', async () => {
  put('etc/config.yaml', 'before', 0o640);
  put('etc/other', 'stays', 0o600);
  const entries = tarEntries(await packed('etc')).map((entry) =>
    entry.path === 'etc/config.yaml' ? withContent(entry, Buffer.from('after\n'.repeat(500))) : entry,
  );
  await unpacked(tarOf(entries));
  expect(readFileSync(join(dir, 'out/etc/config.yaml'), 'utf8')).toBe('after\n'.repeat(500));
  expect(statSync(join(dir, 'out/etc/config.yaml')).mode & 0o777).toBe(0o640);
  expect(readFileSync(join(dir, 'out/etc/other'), 'utf8')).toBe('stays');
});

test('content of any length comes back', async () => {
  put('file', '');
  const [entry] = tarEntries(await packed('file'));
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 2000 }), (bytes) => {
      const [back] = tarEntries(tarOf([withContent(entry!, Buffer.from(bytes))]));
      expect(back?.content.equals(bytes)).toBe(true);
    }),
  );
});

test('a name of more than a hundred characters is read, and refused where it would have to be written', async () => {
  const long = `etc/${'x'.repeat(120)}`;
  put(long, 'content');
  const entries = tarEntries(await packed(long));
  expect(entries.map(({ path }) => path)).toEqual([long]);
  expect(() => tarOf(entries)).toThrow(RangeError);
});

test('an archive that is cut off anywhere is refused', async () => {
  put('etc/a', 'content');
  const whole = await packed('etc');
  const end = 3 * 512;
  fc.assert(
    fc.property(fc.nat(end), (at) => {
      expect(() => tarEntries(whole.subarray(0, at))).toThrow(RangeError);
    }),
  );
});

test('what is no archive is refused', () => {
  expect(() => tarEntries(Buffer.alloc(1024, 1))).toThrow('it is no tar archive');
});
