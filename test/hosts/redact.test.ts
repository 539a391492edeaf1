import fc from 'fast-check';
import { expect, test } from 'vitest';
import { redact, tail } from '../../hosts/redact.ts';

test('colours and control characters are taken out', () => {
  expect(redact('\u001b[31mred\u001b[0m\u0007 plain\ttab')).toBe('red plain\ttab');
});

test('of a line that a progress bar rewrote, the last state stays', () => {
  expect(redact('10 %\r50 %\r100 %\ndone\r\n')).toBe('100 %\ndone\n');
});

test('a line of megabytes, as base64 is, is no harder than its length', () => {
  expect(redact('x'.repeat(3_000_000))).toHaveLength(3_000_000);
  expect(tail('10 %\r'.repeat(500_000))).toBe('10 %');
});

test('a secret is masked wherever it stands', () => {
  expect(redact('a=hunter2 b=hunter2', ['hunter2', ''])).toBe('a=[hidden] b=[hidden]');
});

test('the tail holds at most twenty lines', () => {
  const lines = Array.from({ length: 30 }, (_, i) => `line ${i}`);
  expect(tail(lines.join('\n') + '\n')).toBe(lines.slice(10).join('\n'));
});

test('the tail never exceeds 2 kB, and no character is cut', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', minLength: 0, maxLength: 4000 }), (text) => {
      expect(Buffer.byteLength(tail(text))).toBeLessThanOrEqual(2048);
    }),
  );
  expect(tail('ä'.repeat(3000))).toMatch(/^…ä+$/);
});
