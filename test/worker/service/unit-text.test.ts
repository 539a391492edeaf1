import fc from 'fast-check';
import { expect, test } from 'vitest';
import { commandLine, unitText, word } from '../../../worker/service/unit-text.ts';

test('plain words stay as they are; what systemd would read something in is kept from it', () => {
  expect(commandLine(['/usr/bin/node', '--port', '7233', 'a=b'])).toBe('/usr/bin/node --port 7233 a=b');
  expect(word('/opt/my app')).toBe('"/opt/my app"');
  expect(word('100% $HOME')).toBe('"100%% $$HOME"');
  expect(word('a"b\\c')).toBe('"a\\"b\\\\c"');
  expect(word('')).toBe('""');
  expect(word('a;b')).toBe('"a;b"');
});

test('a line break would end the setting: it is refused', () => {
  expect(() => word('a\nUser=root')).toThrow('a unit cannot hold');
});

test('read as systemd reads it, every word is what it was', () => {
  const text = fc.string({ unit: 'grapheme', maxLength: 30 }).filter((one) => !/\p{Cc}/u.test(one));
  fc.assert(
    fc.property(fc.array(text, { minLength: 1, maxLength: 5 }), (words) => {
      expect(asRead(commandLine(words))).toEqual(words);
    }),
  );
});

test('sections follow each other with a line between them', () => {
  expect(
    unitText([
      ['A', ['x=1']],
      ['B', ['y=2', 'z=3']],
    ]),
  ).toBe('[A]\nx=1\n\n[B]\ny=2\nz=3\n');
});

/** systemd.service(5), "Command lines": quoted words, backslash escapes in them, %% and $$. */
function asRead(line: string): readonly string[] {
  const words = [...line.matchAll(/"((?:[^"\\]|\\.)*)"|(\S+)/gsu)].map(
    ([, quoted, plain]) => quoted?.replaceAll(/\\(.)/gsu, '$1') ?? plain ?? '',
  );
  return words.map((text) => text.replaceAll('%%', '%').replaceAll('$$', '$'));
}
