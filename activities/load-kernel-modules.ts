import type { Host } from '../hosts/host.ts';
import { sh } from '../hosts/shell.ts';
import { type StepBody, notYet, problem, step } from './step.ts';

const path = '/etc/modules-load.d/holdfast.conf';

const body: StepBody<'load-kernel-modules'> = async (_, { host, signal }) => {
  const before = await look(host, signal);
  if (before.overlay === 'absent')
    throw problem(
      host.name,
      'its kernel has no overlay file system, and no module for it',
      `Install the kernel's modules (Debian: linux-image, not linux-image-cloud) on ${host.name} and reboot it.`,
    );
  const wanted = modules.filter((name) => before[name] === 'loaded' || before[name] === 'loadable');
  const missing = modules.filter((name) => before[name] === 'loadable');
  const content = ['# Written by holdfast.', ...wanted, ''].join('\n');
  const { changed } = await host.writeFile({ path, content, mode: 0o644, sudo: true, signal });
  if (missing.length > 0) {
    await host.run(sh`modprobe -a -- ${missing}`, { sudo: true, signal });
    const after = await look(host, signal);
    const still = missing.filter((name) => after[name] === 'loadable');
    if (still.length > 0)
      throw notYet(
        host.name,
        `not loaded after modprobe said so: ${still.join(', ')}`,
        `Look at dmesg on ${host.name}.`,
      );
  }
  return { changed: changed || missing.length > 0, summary: summary(before, missing) };
};

export const loadKernelModules = step('load-kernel-modules', body);

const modules = ['overlay', 'br_netfilter'] as const;

/** `builtin`: part of the kernel; nothing to load. `absent`: neither there nor to be had. */
type State = 'loaded' | 'builtin' | 'loadable' | 'absent';

async function look(host: Host, signal: AbortSignal): Promise<Record<(typeof modules)[number], State>> {
  const { stdout } = await host.run(
    sh`
state() {
  if grep -qs "^$1 " /proc/modules; then echo loaded
  elif [ -e "$2" ] || grep -qsw "$1" /proc/filesystems; then echo builtin
  elif grep -qs "/$1\\.ko" "/lib/modules/$(uname -r)/modules.builtin"; then echo builtin
  elif modprobe -n -q -- "$1" 2>/dev/null; then echo loadable
  else echo absent; fi
}
state overlay /sys/module/overlay
state br_netfilter /proc/sys/net/bridge/bridge-nf-call-iptables`,
    { sudo: true, signal },
  );
  const [overlay, bridge] = stdout.trim().split('\n') as [State, State];
  return { overlay, br_netfilter: bridge };
}

function summary(before: Record<(typeof modules)[number], State>, loaded: readonly string[]): string {
  const said = loaded.length > 0 ? `loaded ${loaded.join(', ')}` : 'overlay is there';
  if (before.br_netfilter !== 'absent') return loaded.length > 0 ? said : `${said}, br_netfilter too`;
  return `${said}; this kernel has no br_netfilter (bridged pod traffic passes no iptables)`;
}
