import { type FakeHost, fakeHost } from '../../hosts/fake.ts';

const debian = 'ID=debian\nVERSION_ID="12"\nPRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\n';

/** A Debian host that holds these addresses on eth0. */
export function balancerHost(name: string, ...addresses: readonly string[]): FakeHost {
  return fakeHost(name)
    .on('cat /etc/os-release', { stdout: debian })
    .on('ip -json -4 address show', {
      stdout: JSON.stringify([
        { ifname: 'lo', addr_info: [{ local: '127.0.0.1' }] },
        { ifname: 'eth0', addr_info: addresses.map((local) => ({ local })) },
      ]),
    });
}

/** What systemctl says of a unit, in this order; the last answer stays. */
export function unitIs(host: FakeHost, unit: string, ...states: readonly string[]): FakeHost {
  const left = [...states];
  return host.on(`systemctl is-active ${unit}; systemctl is-enabled ${unit}`, () => ({
    code: left[0] === 'active\nenabled\n' ? 0 : 3,
    stdout: (left.length > 1 ? left.shift() : left[0]) ?? '',
  }));
}

export const up = 'active\nenabled\n';
