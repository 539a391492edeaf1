import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { quote, sh } from '../../hosts/shell.ts';
import { sshHosts } from '../../hosts/ssh-hosts.ts';
import { startSshd } from './sshd.ts';
import type { TestSshd } from './sshd.ts';

let sshd: TestSshd;
const hosts = sshHosts();
beforeAll(async () => void (sshd = await startSshd()));
afterAll(async () => {
  await hosts.close();
  await sshd.stop();
});

const anyText = fc.string({ unit: 'binary' }).filter((text) => !text.includes('\0'));

test('any string reaches a program through SSH and two shells unchanged', async () => {
  const host = hosts.host(sshd.target());
  await fc.assert(
    fc.asyncProperty(fc.array(anyText, { minLength: 1, maxLength: 8 }), async (words) => {
      const { stdout } = await host.run(sh`printf '%s\\0' ${words}`);
      expect(stdout).toBe(words.map((word) => `${word}\0`).join(''));
    }),
    { numRuns: 100 },
  );
});

test('an array becomes several words, a command stands as it is', () => {
  const inner = sh`test -f ${'a b'}`;
  expect(sh`if ${inner}; then rm -- ${['x', "it's"]}; fi`.text).toBe(
    `if test -f 'a b'; then rm -- x 'it'\\''s'; fi`,
  );
});

test('an empty string is a word', () => expect(quote('')).toBe(`''`));

test('a NUL byte is refused', () => expect(() => sh`echo ${'a\0b'}`).toThrow('NUL'));

test('an escape that JavaScript takes away is refused, not run as another command', () => {
  expect(() => sh`printf '\033[0m'`).toThrow('must be doubled');
});
