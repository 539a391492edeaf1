import type { Host } from '../hosts/host.ts';
import { sh } from '../hosts/shell.ts';
import { notYet } from './step.ts';

/**
 * The boolean of SELinux's policy is on, now and at the next boot. Nothing to do without SELinux, or where its policy has
 * no such boolean. Throws `NotYet`.
 */
export async function ensureBoolean(host: Host, name: string, signal: AbortSignal): Promise<boolean> {
  const file = `/sys/fs/selinux/booleans/${name}`;
  // "0 0": now, and what it will be once pending changes are taken.
  const isOff = async () => {
    const { stdout } = await host.run(sh`if [ -e ${file} ]; then cat ${file}; fi`, { sudo: true, signal });
    return stdout.startsWith('0');
  };
  if (!(await isOff())) return false;
  // It builds the whole policy anew.
  await host.run(sh`setsebool -P ${name} on`, { sudo: true, signal, timeout: 150 });
  if (!(await isOff())) return true;
  throw notYet(
    host.name,
    `SELinux's ${name} is off after it was turned on`,
    `Look at getsebool ${name} and the journal on ${host.name}.`,
  );
}

/** The file has the label that SELinux's policy names for its path. Nothing to do without SELinux. Throws `NotYet`. */
export async function ensureLabel(host: Host, path: string, signal: AbortSignal): Promise<boolean> {
  const isRight = async () => {
    const { code } = await host.run(sh`test ! -e /sys/fs/selinux/enforce || matchpathcon -V ${path}`, {
      sudo: true,
      signal,
      ok: [0, 1],
    });
    return code === 0;
  };
  if (await isRight()) return false;
  await host.run(sh`restorecon -F ${path}`, { sudo: true, signal });
  if (await isRight()) return true;
  throw notYet(
    host.name,
    `${path} has not the label that SELinux's policy names for it`,
    `Look at ls -Z ${path} and matchpathcon ${path} on ${host.name}.`,
  );
}
