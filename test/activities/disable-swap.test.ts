import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { disableSwap, withoutSwap } from '../../activities/disable-swap.ts';
import { sshHosts } from '../../hosts/ssh-hosts.ts';
import { listening, standIn, startSshd } from '../hosts/sshd.ts';
import type { TestSshd } from '../hosts/sshd.ts';
import { callOf, runStep } from './call.ts';

const isRoot = process.getuid?.() === 0;
const noSwap = 'Filename\tType\tSize\tUsed\tPriority\n';
const fstab = `# a comment with swap in it
UUID=1 / ext4 defaults 0 1
/swapfile none swap sw 0 0
\tUUID=2\tswap\tswap\tdefaults 0 0
/dev/sdb1 /mnt/swap ext4 ro 0 0
`;

describe.skipIf(!isRoot)('on a host', () => {
  const hosts = sshHosts();
  let root: string;
  let sshd: TestSshd;

  /* Files of the test's own lie over /etc, /run and /proc/swaps, in a mount namespace of this sshd alone. */
  beforeAll(async () => {
    root = mkdtempSync(join(tmpdir(), 'holdfast-root-'));
    execFileSync('cp', ['-a', '/etc/.', join(root, 'etc')]);
    writeFileSync(join(root, 'swaps'), noSwap);
    for (const folder of ['run/sshd', 'run/systemd/generator'])
      mkdirSync(join(root, folder), { recursive: true });
    const mounts = `mount --bind '${root}/etc' /etc && mount --bind '${root}/run' /run && mount --bind '${root}/swaps' /proc/swaps && exec "$@"`;
    sshd = await startSshd({ through: ['unshare', '--mount', 'sh', '-c', mounts, 'sh'] });
    await listening('127.0.0.1', sshd.port);
  });
  afterAll(async () => {
    await hosts.close();
    await sshd.stop();
    rmSync(root, { recursive: true });
  });

  const state = (name: string) => join(root, name);
  beforeEach(() => {
    writeFileSync(state('etc/fstab'), '');
    writeFileSync(state('swaps'), noSwap);
    for (const name of ['calls', 'enabled']) rmSync(state(name), { force: true });
    standIn(sshd, 'swapoff', `echo "swapoff $*" >> ${state('calls')}; printf '${noSwap}' > /proc/swaps`);
    standIn(
      sshd,
      'systemctl',
      `case "$*" in
        "is-enabled "*) grep -qxF "$2" ${state('enabled')} && echo enabled || { echo disabled; exit 1; };;
        "mask --now "*) echo "Created symlink"; printf '%s\\n' "$*" >> ${state('calls')}; ln -s /dev/null "/etc/systemd/system/$3";;
        "disable --now "*) printf '%s\\n' "$*" >> ${state('calls')}; grep -vxF "$3" ${state('enabled')} > ${state('left')}; mv ${state('left')} ${state('enabled')};;
        *) echo "unknown: $*" >&2; exit 64;;
      esac`,
    );
  });
  const run = () => runStep(disableSwap, hosts, callOf<'disable-swap'>({}, sshd.target()));

  test('without swap nothing is done', async () => {
    expect(await run()).toEqual({ changed: false, summary: 'no swap' });
    expect(existsSync(state('calls'))).toBe(false);
  });

  test('swap in use is turned off, now and at the next boot, and a second run finds it so', async () => {
    writeFileSync(state('etc/fstab'), fstab);
    writeFileSync(state('swaps'), `${noSwap}/swapfile file 1024 0 -2\n`);
    expect(await run()).toEqual({ changed: true, summary: 'turned off: /swapfile, 2 line(s) of /etc/fstab' });
    expect(readFileSync(state('etc/fstab'), 'utf8')).toBe(withoutSwap(fstab));
    expect(readFileSync(state('calls'), 'utf8')).toBe('swapoff -a\n');
    expect(await run()).toEqual({ changed: false, summary: 'no swap' });
  });

  test('units of systemd and zram that would turn it on again are masked, or disabled where they are somebody’s own', async () => {
    const unit = (path: string, text = '[Swap]\n') => writeFileSync(state(path), text);
    unit('run/systemd/generator/dev-sda3.swap');
    unit('run/systemd/generator/swapfile.swap', '[Unit]\nSourcePath=/etc/fstab\n');
    unit('etc/systemd/system/own.swap');
    unit('etc/systemd/system/unused.swap');
    unit('etc/systemd/system/zramswap.service');
    writeFileSync(state('enabled'), 'own.swap\nzramswap.service\n');
    expect(await run()).toEqual({
      changed: true,
      summary: 'turned off: dev-sda3.swap, own.swap, zramswap.service',
    });
    expect(readFileSync(state('calls'), 'utf8')).toBe(
      'mask --now dev-sda3.swap\ndisable --now own.swap\ndisable --now zramswap.service\nswapoff -a\n',
    );
    expect(await run()).toEqual({ changed: false, summary: 'no swap' });
  });

  const captured = (name: string) =>
    readFileSync(new URL(`../captured/swap/${name}`, import.meta.url), 'utf8');
  const generated = 'run/systemd/generator';
  const own = 'etc/systemd/system';

  test.each([
    {
      what: 'a logical volume of Rocky 9',
      fstab: 'rocky-9.6-fstab',
      swaps: 'rocky-9.6-proc-swaps',
      units: [[`${generated}/dev-mapper-rl\\x2dswap.swap`, 'unit-of-fstab-generator']],
      found: '/dev/dm-1, 1 line(s) of /etc/fstab',
      calls: '',
    },
    {
      what: 'the file of Ubuntu 24.04',
      fstab: 'ubuntu-24.04-fstab',
      swaps: 'ubuntu-24.04-proc-swaps',
      units: [],
      found: '/swap.img, 1 line(s) of /etc/fstab',
      calls: '',
    },
    {
      what: 'the partition of openSUSE Leap 15.6',
      fstab: 'opensuse-leap-15.6-fstab',
      swaps: 'opensuse-leap-15.6-proc-swaps',
      units: [],
      found: '/dev/vda3, 1 line(s) of /etc/fstab',
      calls: '',
    },
    {
      what: 'compressed memory of zram-generator',
      swaps: 'zram-proc-swaps',
      units: [[`${generated}/dev-zram0.swap`, 'unit-of-zram-generator']],
      found: '/dev/zram0, dev-zram0.swap',
      calls: 'mask --now dev-zram0.swap\n',
    },
    {
      what: 'compressed memory of zram-tools',
      swaps: 'zram-proc-swaps',
      units: [[`${own}/zramswap.service`, 'unit-of-zram-tools']],
      enabled: 'zramswap.service\n',
      found: '/dev/zram0, zramswap.service',
      calls: 'disable --now zramswap.service\n',
    },
    {
      what: 'a partition that systemd found by its type',
      units: [[`${generated}.late/dev-disk-by\\x2dpartuuid-3f2b1c9d.swap`, 'unit-of-gpt-auto-generator']],
      found: 'dev-disk-by\\x2dpartuuid-3f2b1c9d.swap',
      calls: 'mask --now dev-disk-by\\x2dpartuuid-3f2b1c9d.swap\n',
    },
    {
      what: 'a unit that somebody wrote',
      units: [[`${own}/dev-disk-by\\x2dlabel-swap\\x2d1.swap`, 'unit-by-hand']],
      enabled: 'dev-disk-by\\x2dlabel-swap\\x2d1.swap\n',
      found: 'dev-disk-by\\x2dlabel-swap\\x2d1.swap',
      calls: 'disable --now dev-disk-by\\x2dlabel-swap\\x2d1.swap\n',
    },
  ])('$what is turned off for good, once', async ({ fstab: table, swaps, units, enabled, found, calls }) => {
    if (table) writeFileSync(state('etc/fstab'), captured(table));
    if (swaps) writeFileSync(state('swaps'), captured(swaps));
    if (enabled) writeFileSync(state('enabled'), enabled);
    for (const [path, text] of units) {
      mkdirSync(dirname(state(path!)), { recursive: true });
      writeFileSync(state(path!), captured(text!));
    }
    try {
      expect(await run()).toEqual({ changed: true, summary: `turned off: ${found}` });
      expect(readFileSync(state('calls'), 'utf8')).toBe(`${calls}swapoff -a\n`);
      expect(await run()).toEqual({ changed: false, summary: 'no swap' });
    } finally {
      for (const [path] of units) {
        rmSync(state(path!));
        rmSync(state(`${own}/${basename(path!)}`), { force: true });
      }
    }
  });

  test('too little memory to take the swapped pages back fails with the words of swapoff, and a retry goes on', async () => {
    writeFileSync(state('swaps'), `${noSwap}/swapfile file 1024 0 -2\n`);
    standIn(sshd, 'swapoff', 'echo "swapoff: /swapfile: swapoff failed: Cannot allocate memory" >&2; exit 4');
    await expect(run()).rejects.toMatchObject({
      type: 'CommandFailed',
      message: expect.stringContaining('Cannot allocate memory') as unknown,
    });
  });

  test('a change without effect is an error', async () => {
    writeFileSync(state('swaps'), `${noSwap}/swapfile file 1024 0 -2\n`);
    standIn(sshd, 'swapoff', 'exit 0');
    await expect(run()).rejects.toMatchObject({
      type: 'NotYet',
      message: expect.stringContaining('swap is still on: /swapfile') as unknown,
    });
  });
});

test('only lines of type swap are commented out, once', () => {
  expect(withoutSwap(fstab)).toBe(
    fstab.replace('/swapfile none', '# /swapfile none').replace('\tUUID=2', '# \tUUID=2'),
  );
  fc.assert(
    fc.property(fc.string(), (text) => {
      expect(withoutSwap(withoutSwap(text))).toBe(withoutSwap(text));
    }),
  );
});
