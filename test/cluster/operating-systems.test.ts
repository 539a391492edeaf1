import { describe, expect, it } from 'vitest';
import { type Role, roles } from '../../cluster/cluster.ts';
import {
  familyOf,
  operatingSystems,
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

describe('the table of operating systems', () => {
  it.each([
    [os('debian', '12'), false, undefined],
    [os('debian', '13'), true, undefined],
    [os('debian', ''), false, undefined],
    [os('debian', '11'), false, 'debian 11 is too old; wanted: debian 12 or newer'],
    [os('ubuntu', '22.04', 'debian'), false, undefined],
    [
      os('ubuntu', '22.04', 'debian'),
      true,
      'ubuntu 22.04 is too old for a bastion; wanted: ubuntu 24.04 or newer',
    ],
    [os('ubuntu', '24.10', 'debian'), true, undefined],
    [os('linuxmint', '21', 'ubuntu', 'debian'), false, undefined],
    [os('rocky', '9.4', 'rhel'), false, `rocky 9.4 is not supported; supported: ${supportedSystems()}`],
    [os('toString', '1'), false, `toString 1 is not supported; supported: ${supportedSystems()}`],
  ])('judges %o, bastion: %s', (facts, bastion, why) => {
    expect(whyUnsupported(facts, bastion)).toBe(why);
  });

  it('is found by the system’s own id or by what it is like', () => {
    expect(familyOf(os('ubuntu', '24.04'))?.family).toBe('debian');
    expect(familyOf(os('raspbian', '12', 'debian'))?.family).toBe('debian');
    expect(familyOf(os('alpine', '3'))).toBeUndefined();
  });

  it('gives every role its packages, once and sorted', () => {
    for (const system of operatingSystems) {
      const of = (role: Role, candidate = false) => packagesFor({ roles: [role], candidate }, system);
      const all = packagesFor({ roles, candidate: true }, system);
      expect(all).toEqual([...new Set(all)].toSorted());
      expect(of('worker')).toContain('conntrack');
      expect(of('bastion')).not.toContain('conntrack');
      expect(of('control-plane')).toContain('haproxy');
      expect(of('worker', true)).toContain('haproxy');
      expect(of('worker')).not.toContain('haproxy');
      expect(system.commands.install(['a', 'b']).slice(-2)).toEqual(['a', 'b']);
    }
  });
});
