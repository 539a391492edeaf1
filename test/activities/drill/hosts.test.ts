import { beforeEach, describe, expect, it } from 'vitest';
import { breakHost } from '../../../activities/break-host.ts';
import { putBack } from '../../../activities/put-back.ts';
import { setRestoreTimer } from '../../../activities/set-restore-timer.ts';
import type { Breakage } from '../../../cluster/drill/stories.ts';
import { HostError } from '../../../hosts/errors.ts';
import { type FakeHost, fakeHost } from '../../../hosts/fake.ts';
import { failureOf } from '../call-step.ts';
import { runStep } from '../run-step.ts';

const unit = 'holdfast-demo-drill-01234567';
const silence: Breakage = { kind: 'silence', door: true };
const silentToAll: Breakage = { kind: 'silence', door: false };
const at = 1_790_000_000_000;

/** A host whose breakage is `broken`, and whose timer runs for `left` seconds. */
let master: FakeHost;
let bastion: FakeHost;
let broken: boolean;
let left: number | undefined;
beforeEach(() => {
  [broken, left] = [false, 90];
  master = fakeHost('master-3')
    .on('echo "$SSH_CONNECTION"', { stdout: '10.0.0.5 50122 10.0.0.33 2222\n' })
    .on(/^\[ -z "\$\(for v in -4 -6/, () => ({ code: broken ? 1 : 0 }))
    .on(/^ip rule list pref 2 \| grep -q blackhole$/, () => ({ code: broken ? 0 : 1 }))
    .on(/^systemctl is-active holdfast-demo-drill-01234567.timer; systemctl show/, () => ({
      stdout:
        left === undefined
          ? `inactive\n${unit}.timer\n1790000000\n`
          : `active\nholdfast, puts back at ${1_790_000_000 + left}\n1790000000\n`,
    }));
  bastion = fakeHost('bastion-1')
    .on(/mark-(fault|back)-master-3; \) |date \+%s%3N > .*mark-(fault|back)-master-3/, { stdout: `${at}\n` })
    .on(/^cat .*mark-fault-\*/, { stdout: '' });
});

describe('set-restore-timer', () => {
  const run = (breakage = silence) => runStep(setRestoreTimer, { breakage, seconds: 90 }, [master]);

  it('gives systemd the whole of what puts the host back, and looks that the timer runs', async () => {
    master.on(/systemd-run/);
    expect(await run()).toEqual({ changed: true, summary: `${unit}.timer puts it back in 90 s` });
    const command = master.done.find((what) => what.includes('systemd-run')) ?? '';
    expect(command).toContain(`--unit=${unit} `);
    expect(command).toContain('--on-active=90');
    expect(command).toContain('Restart=on-failure');
    expect(command).toMatch(/\/bin\/sh -c 'for v in -4 -6; .*ip \$v rule del pref \$p/s);
  });

  it('is an error where the timer does not run afterwards', async () => {
    master.on(/systemd-run/);
    left = undefined;
    expect(await failureOf(run())).toMatchObject({
      type: 'ProblemFound',
      message: expect.stringContaining('is not set') as string,
    });
  });

  it('sets none on a host that is broken already, or whose rules of routing are someone’s', async () => {
    broken = true;
    expect(await failureOf(run())).toMatchObject({ type: 'ProblemFound', nonRetryable: true });
    expect(master.done.some((what) => what.includes('systemd-run'))).toBe(false);
  });

  it('keeps no door where the bastion’s way in is not known', async () => {
    master.on('echo "$SSH_CONNECTION"', { stdout: '\n' });
    expect((await failureOf(run())).message).toContain('sshd does not tell from where it is called');
    master.on(/systemd-run/);
    expect(await run(silentToAll)).toMatchObject({ changed: true });
  });
});

describe('break-host', () => {
  const run = (breakage = silence) =>
    runStep(breakHost, { breakage, seconds: 30, bastion: 'bastion-1' }, [master, bastion]);
  const breaks = /^set -e; ! ip rule list pref 2 /;

  it('writes down on the bastion that it begins, and breaks; the door is for SSH from the bastion alone', async () => {
    master.on(breaks, () => ((broken = true), {}));
    expect(await run()).toEqual({ changed: true, summary: `broken at ${new Date(at).toISOString()}` });
    expect(bastion.done).toHaveLength(1);
    const command = master.done.find((what) => breaks.test(what)) ?? '';
    expect(command).toContain('ip rule add pref 1 to 10.0.0.5 ipproto tcp sport 2222 lookup main');
    expect(command.indexOf('pref 1')).toBeLessThan(command.lastIndexOf('ip rule add pref 2 blackhole'));
  });

  it.each([
    ['no timer', undefined],
    ['a timer that is nearly over', 12],
  ])('breaks nothing on a host with %s', async (_, seconds) => {
    left = seconds;
    expect(await failureOf(run())).toMatchObject({ type: 'ProblemFound', nonRetryable: true });
    expect(bastion.done).toEqual([]);
  });

  it('is done already where an attempt before lost its answer', async () => {
    broken = true;
    expect(await run()).toEqual({ changed: false, summary: 'broken' });
    expect(bastion.done).toEqual([]);
  });

  it('that has no effect is an error', async () => {
    master.on(breaks);
    expect(await failureOf(run())).toMatchObject({ type: 'NotYet' });
  });

  describe('for all to see', () => {
    const later = new RegExp(`^systemd-run --quiet --collect --unit=${unit}-break /bin/sh -c 'sleep 0.2; `);
    let marked: boolean;
    beforeEach(() => {
      marked = false;
      bastion
        .on(/^set -e; umask 077; mkdir/, () => ((marked = true), { stdout: `${at}\n` }))
        .on(/^cat .*mark-fault-\*/, () => ({ stdout: marked ? `${at}\n` : '' }))
        .on(/^python3 -c .*create_connection/, () => ({ code: broken ? 1 : 0 }));
    });

    it('falls silent after its answer, which is seen from the bastion', async () => {
      master.on(later, () => ((broken = true), {}));
      expect(await run(silentToAll)).toMatchObject({ changed: true });
      expect(master.done.find((what) => later.test(what))).not.toContain('lookup main');
    });

    it('is not asked again by a second attempt: it could not answer', async () => {
      [marked, broken] = [true, true];
      expect(await run(silentToAll)).toEqual({ changed: false, summary: 'broken' });
      expect(master.done).toEqual([]);
    });
  });
});

describe('put-back', () => {
  const run = () => runStep(putBack, { breakage: silence, bastion: 'bastion-1' }, [master, bastion]);
  const fires = `if systemctl -q is-active ${unit}.timer; then systemctl start ${unit}.service; systemctl stop ${unit}.timer; fi`;

  it('has the host’s own timer fire', async () => {
    broken = true;
    master.on(fires, () => ((broken = false), {}));
    expect(await run()).toEqual({ changed: true, summary: 'put back' });
  });

  it('finds what the timer has put back by itself, and what was never broken', async () => {
    master.on(fires);
    expect(await run()).toEqual({ changed: false, summary: 'whole: its timer had put it back' });
  });

  it('does it itself where the timer is gone and the host is still broken', async () => {
    broken = true;
    master.on(fires).on(/^for v in -4 -6;/, () => ((broken = false), {}));
    expect(await run()).toEqual({ changed: true, summary: 'put back by hand' });
  });

  it('is an error, and tried again, where it is still broken, or not reached', async () => {
    broken = true;
    master.on(fires).on(/^for v in -4 -6;/);
    expect(await failureOf(run())).toMatchObject({ type: 'NotYet', nonRetryable: false });
    master.on(
      'echo "$SSH_CONNECTION"',
      new HostError('ConnectionLost', 'master-3', 'no answer', { next: '' }),
    );
    expect(await failureOf(run())).toMatchObject({ type: 'ConnectionLost', nonRetryable: false });
  });
});
