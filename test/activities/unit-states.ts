import type { FakeHost } from '../../hosts/fake.ts';

/**
 * What systemd and the kernel say of units, in this order each time they are asked; the last answer stays.
 * `active running Ss`: ActiveState, SubState, states of the processes.
 */
export function unitsAre(host: FakeHost, ...answers: readonly Readonly<Record<string, string>>[]): FakeHost {
  const left = [...answers];
  return host.on(/^for unit in /, () => {
    const now = (left.length > 1 ? left.shift() : left[0]) ?? {};
    return {
      stdout: Object.entries(now)
        .map(([unit, state]) => `${unit} ${state}\n`)
        .join(''),
    };
  });
}

export const running = 'active running Ssl';
export const held = 'active running Tsl';

/** Commands that change something, of those that were run. */
export const changesOf = (host: FakeHost): readonly string[] =>
  host.done.filter((what) => /^systemctl (?!show)|crictl rm|^kubectl.* (label|taint)/.test(what));
