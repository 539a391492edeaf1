import { readFileSync, readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseOsRelease } from '../../activities/family.ts';
import { type Role, roles } from '../../cluster/cluster.ts';
import {
  familyOf,
  operatingSystems,
  otherPython,
  supportedSystems,
  whyUnsupported,
} from '../../cluster/operating-systems.ts';
import { packagesFor } from '../../cluster/packages.ts';

const os = (id: string, versionId: string, ...idLike: string[]) => ({
  id,
  versionId,
  idLike,
  prettyName: `${id} ${versionId}`,
});

const folder = new URL('../captured/os-release/', import.meta.url);
const captured = (name: string) => parseOsRelease(readFileSync(new URL(name, folder), 'utf8'));

describe('the table of operating systems', () => {
  it.each([
    ['debian-12', 'debian', undefined],
    ['debian-13', 'debian', undefined],
    ['ubuntu-22.04', 'debian', '3.11'],
    ['ubuntu-24.04', 'debian', undefined],
    ['rhel-9.6', 'rhel', '3.11'],
    ['rocky-9.6', 'rhel', '3.11'],
    ['almalinux-9.6', 'rhel', '3.11'],
    ['centos-stream-9', 'rhel', '3.11'],
    ['opensuse-leap-15.6', 'suse', '3.11'],
    ['sles-15.6', 'suse', '3.11'],
  ])('takes %s for one of the family %s, with Python %s beside its own', (name, family, python) => {
    const found = captured(name);
    expect(whyUnsupported(found)).toBeUndefined();
    expect(familyOf(found)?.family).toBe(family);
    expect(otherPython(familyOf(found)!, found)?.version).toBe(python);
  });

  it('is asked about every system that was captured', () => {
    expect(readdirSync(folder)).toHaveLength(11);
    expect(whyUnsupported(captured('fedora-42'))).toMatch(/^Fedora Linux 42 .* is not supported/);
  });

  it.each([
    [os('debian', ''), undefined],
    [os('debian', '11'), 'debian 11 is too old; wanted: debian 12 or newer'],
    [os('ubuntu', '24.10', 'debian'), undefined],
    [os('linuxmint', '21', 'ubuntu', 'debian'), undefined],
    [os('rocky', '8.10', 'rhel', 'centos', 'fedora'), 'rocky 8.10 is too old; wanted: rocky 9 or newer'],
    [os('centos', '7', 'rhel', 'fedora'), 'centos 7 is too old; wanted: centos 9 or newer'],
    [
      os('opensuse-leap', '15.4', 'suse'),
      'opensuse-leap 15.4 is too old; wanted: opensuse-leap 15.5 or newer',
    ],
    [os('toString', '1'), `toString 1 is not supported; supported: ${supportedSystems()}`],
  ])('judges %o', (facts, why) => {
    expect(whyUnsupported(facts)).toBe(why);
  });

  it('names for people what is supported', () => {
    expect(supportedSystems()).toBe(
      'debian 12, ubuntu 22.04, rhel 9, rocky 9, almalinux 9, centos 9, opensuse-leap 15.5, sles 15.5',
    );
  });

  it('is found by the system’s own id before what it is like', () => {
    expect(familyOf(os('ubuntu', '24.04', 'rhel'))?.family).toBe('debian');
    expect(familyOf(os('raspbian', '12', 'debian'))?.family).toBe('debian');
    expect(familyOf(os('alpine', '3'))).toBeUndefined();
  });

  it('gives every role its packages, once and sorted', () => {
    for (const system of operatingSystems) {
      const of = (role: Role, candidate = false) => packagesFor({ roles: [role], candidate }, system);
      const all = packagesFor({ roles, candidate: true }, system);
      expect(all).toEqual([...new Set(all)].toSorted());
      expect(of('worker').join(' ')).toContain('conntrack');
      expect(of('bastion').join(' ')).not.toContain('conntrack');
      expect(of('control-plane')).toContain('haproxy');
      expect(of('worker', true)).toContain('haproxy');
      expect(of('worker')).not.toContain('haproxy');
      expect(system.commands.install(['a', 'b']).slice(-2)).toEqual(['a', 'b']);
    }
  });

  it('puts a newer Python on hosts whose own is too old for Ansible’s modules, and on no others', () => {
    const of = (name: string, role: Role) => {
      const found = captured(name);
      const family = familyOf(found)!;
      return packagesFor({ roles: [role], candidate: false }, family, otherPython(family, found));
    };
    expect(of('opensuse-leap-15.6', 'worker')).toContain('python311');
    expect(of('opensuse-leap-15.6', 'etcd')).toContain('python311');
    expect(of('opensuse-leap-15.6', 'load-balancer')).not.toContain('python311');
    expect(of('rocky-9.6', 'worker')).not.toContain('python3.11');
  });
});
