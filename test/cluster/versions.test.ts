import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  isPythonIn,
  pythonsFor,
  releaseOf,
  releases,
  whyNoEtcd,
  whyNotInstalled,
} from '../../cluster/versions.ts';

describe('which Kubernetes a Kubespray installs', () => {
  it.each(Object.entries(releases))(
    '%s installs the first and the newest of each minor, and none after',
    (tag, release) => {
      expect(Object.keys(release.kubernetes)).toHaveLength(3);
      for (const [minor, newest] of Object.entries(release.kubernetes)) {
        expect(whyNotInstalled(tag, `${minor}.0`)).toBeUndefined();
        expect(whyNotInstalled(tag, `${minor}.${newest}`)).toBeUndefined();
        expect(whyNotInstalled(tag, `${minor}.${newest + 1}`)).toContain(`${minor}.0 to ${minor}.${newest}`);
      }
    },
  );

  it('names the newest release that installs what is asked for', () => {
    expect(whyNotInstalled('v2.31.0', '1.32.9')).toContain('kubespray.version: v2.30.0');
    expect(whyNotInstalled('v2.28.0', '1.32.8')).toContain('kubespray.version: v2.30.0');
    expect(whyNotInstalled('v2.28.0', '1.30.14')).toContain('kubespray.version: v2.28.1');
  });

  it('takes a patch release that it does not know for the newest of its minor, with newer patches maybe', () => {
    expect(whyNotInstalled('v2.31.4', '1.35.99')).toBeUndefined();
    expect(whyNotInstalled('v2.31.4', '1.32.1')).toContain('v2.31.4 installs');
    expect(whyNoEtcd('v2.31.4', '3.6.99')).toBeUndefined();
  });

  it('says nothing of a commit, a branch or a release that came later', () => {
    for (const version of ['master', '1d5f4f8cad', 'v2.99.0', 'v2.31.0-rc1', 'toString']) {
      expect(whyNotInstalled(version, '1.99.0')).toBeUndefined();
      expect(whyNoEtcd(version, '9.9.9')).toBeUndefined();
    }
  });

  it('refuses a release whose variables holdfast does not write', () => {
    expect(whyNotInstalled('v2.27.1', '1.31.0')).toContain('older than v2.28.0');
  });
});

describe('which Python ansible-core runs on', () => {
  it.each(Object.entries(releases))('is known for %s', (_, { ansibleCore }) => {
    expect(pythonsFor(ansibleCore)).toBeDefined();
  });

  it.each([
    ['2.16.4', '3.9.18', false],
    ['2.16.4', '3.10.12', true],
    ['2.17.3', '3.12.3', true],
    ['2.17.3', '3.13.5', false],
    ['2.18.0', '3.10.12', false],
    ['2.18.0', '3.11.2', true],
    ['2.18.0', '3.13.5', true],
    ['2.18.0', '3.14.0', false],
    ['2.99.0', '3.6.15', true],
    ['', '', false],
  ])('ansible-core %s runs on Python %s: %s', (core, python, fits) => {
    expect(isPythonIn(python, pythonsFor(core))).toBe(fits);
  });

  it('knows the release of a tag', () => {
    expect(releaseOf('v2.31.0')?.ansibleCore).toBe('2.18');
    expect(releaseOf('constructor')).toBeUndefined();
  });
});

it('docs/spec.md shows the table as it is', () => {
  const text = readFileSync(new URL('../../docs/spec.md', import.meta.url), 'utf8');
  for (const [tag, { kubernetes, ansibleCore }] of Object.entries(releases)) {
    const spans = Object.entries(kubernetes).map(([minor, newest]) => `${minor}.0 to ${minor}.${newest}`);
    const { oldest, newest } = pythonsFor(ansibleCore)!;
    expect(text).toContain(`| ${tag} | ${spans.join(', ')} | ${ansibleCore} | 3.${oldest} to 3.${newest} |`);
  }
});
