import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import type { HostKey } from '../../hosts/known-hosts.ts';
import {
  fingerprint,
  keysFor,
  knownHostsLine,
  parseKnownHosts,
  verify,
  withHostKeys,
} from '../../hosts/known-hosts.ts';
import { makeKey } from './sshd.ts';

const dir = mkdtempSync(join(tmpdir(), 'holdfast-known-'));
afterAll(() => rmSync(dir, { recursive: true }));

const a = newKey('a');
const b = newKey('b');

describe('known_hosts', () => {
  test.each([
    ['a plain address', `10.0.0.5 ${a.line}`, '10.0.0.5', 22, 'known'],
    ['another address', `10.0.0.5 ${a.line}`, '10.0.0.6', 22, 'unknown'],
    ['an address and a port', `[10.0.0.5]:2222 ${a.line}`, '10.0.0.5', 2222, 'known'],
    ['the entry of port 22 for another port', `10.0.0.5 ${a.line}`, '10.0.0.5', 2222, 'unknown'],
    ['one of several names', `bastion,10.0.0.5 ${a.line}`, '10.0.0.5', 22, 'known'],
    ['a wildcard', `10.0.0.* ${a.line}`, '10.0.0.77', 22, 'known'],
    ['a question mark', `10.0.0.? ${a.line}`, '10.0.0.77', 22, 'unknown'],
    ['a dot, which is not a wildcard', `10.0.0.5 ${a.line}`, '10a0b0c5', 22, 'unknown'],
    ['a negation after a match', `10.0.0.*,!10.0.0.5 ${a.line}`, '10.0.0.5', 22, 'unknown'],
    ['another key', `10.0.0.5 ${b.line}`, '10.0.0.5', 22, 'changed'],
    ['one of two keys', `10.0.0.5 ${b.line}\n10.0.0.5 ${a.line}`, '10.0.0.5', 22, 'known'],
    ['a revoked key', `@revoked * ${a.line}`, '10.0.0.5', 22, 'revoked'],
    [
      'a key revoked after it was known',
      `10.0.0.5 ${a.line}\n@revoked * ${a.line}`,
      '10.0.0.5',
      22,
      'revoked',
    ],
    ['a revoked other key', `@revoked * ${b.line}\n10.0.0.5 ${a.line}`, '10.0.0.5', 22, 'known'],
    ['a certificate authority', `@cert-authority * ${a.line}`, '10.0.0.5', 22, 'unknown'],
    ['comments and spaces', `# x\n\n  10.0.0.5\t${a.line} someone's comment\r\n`, '10.0.0.5', 22, 'known'],
  ])('%s', (_, text, address, port, verdict) => {
    expect(verify(parseKnownHosts(text), address, port, a.key).verdict).toBe(verdict);
  });

  test.each([
    ['10.0.0.5', 22],
    ['10.0.0.5', 2222],
  ])('names hashed by ssh-keygen match: %s port %i', (address, port) => {
    const file = join(dir, `hashed-${port}`);
    writeFileSync(file, knownHostsLine(address, port, a.key) + '\n');
    execFileSync('ssh-keygen', ['-H', '-f', file], { stdio: 'ignore' });
    const text = readFileSync(file, 'utf8');
    expect(text).toMatch(/^\|1\|/);
    expect(verify(parseKnownHosts(text), address, port, a.key).verdict).toBe('known');
    expect(verify(parseKnownHosts(text), '10.0.0.6', port, a.key).verdict).toBe('unknown');
  });

  test('lines that are not used are noted with their number', () => {
    const { notes } = parseKnownHosts(
      `10.0.0.5\n@cert-authority * ${a.line}\n@other * ${a.line}\n10.0.0.5 ssh-rsa ${a.line.split(' ')[1]}`,
    );
    expect(notes).toEqual([
      'line 1: not a known_hosts entry',
      'line 2: certificate authorities are not used',
      'line 3: unknown marker @other',
      'line 4: the key is not of type ssh-rsa',
    ]);
  });

  test('revoked keys are not among those that a host may show', () => {
    const known = parseKnownHosts(`@revoked * ${b.line}\n10.0.0.5 ${a.line}`);
    expect(keysFor(known, '10.0.0.5', 22)).toEqual([a.key]);
  });
});

test("the fingerprint is ssh-keygen's", () => {
  const said = execFileSync('ssh-keygen', ['-l', '-f', join(dir, 'a.pub')]).toString();
  expect(said.split(' ')[1]).toBe(fingerprint(a.key));
});

describe('filing a key', () => {
  test('adds a line to an empty file', () => {
    expect(withHostKeys('', '10.0.0.5', 22, [a.key])).toBe(`10.0.0.5 ${a.line}\n`);
  });

  test('takes the place of the old key, plain, hashed, or among other names', () => {
    const file = join(dir, 'hashed');
    writeFileSync(file, `10.0.0.5 ${b.line}\n`);
    execFileSync('ssh-keygen', ['-H', '-f', file], { stdio: 'ignore' });
    const old = `# mine\n10.0.0.5 ${b.line}\nbastion,10.0.0.5 ${b.line}\n${readFileSync(file, 'utf8')}10.0.0.6 ${b.line}\n`;
    expect(withHostKeys(old, '10.0.0.5', 22, [a.key])).toBe(
      `# mine\nbastion ${b.line}\n10.0.0.6 ${b.line}\n10.0.0.5 ${a.line}\n`,
    );
  });

  test('leaves revocations alone', () => {
    const old = `@revoked 10.0.0.5 ${b.line}\n`;
    expect(withHostKeys(old, '10.0.0.5', 22, [a.key])).toContain(old);
  });
});

function newKey(name: string): { key: HostKey; line: string } {
  makeKey(join(dir, name));
  const [type, base64] = readFileSync(join(dir, `${name}.pub`), 'utf8').split(' ') as [string, string];
  return { key: { type, blob: Buffer.from(base64, 'base64') }, line: `${type} ${base64}` };
}
