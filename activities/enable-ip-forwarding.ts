import type { Host } from '../hosts/host.ts';
import { type ShellCommand, sh } from '../hosts/shell.ts';
import { type StepBody, notYet, step } from './step.ts';

/** Last by name, so that no other file of /etc/sysctl.d overrules it at boot. */
const path = '/etc/sysctl.d/zz-holdfast.conf';
const forwarding = 'net.ipv4.ip_forward';
/** There only while br_netfilter is; bridged pod traffic then passes iptables. */
const bridge = ['net.bridge.bridge-nf-call-iptables', 'net.bridge.bridge-nf-call-ip6tables'];

/** A minus sign: no error where the kernel has no such setting. */
const content = [
  '# Kubernetes routes traffic between pods. Written by holdfast.',
  `${forwarding} = 1`,
  ...bridge.map((key) => `-${key} = 1`),
  '',
].join('\n');

const body: StepBody<'enable-ip-forwarding'> = async (_, { host, signal }) => {
  const before = await look(host, signal);
  if (before.off.length === 0 && before.onFile) return { changed: false, summary: 'on' };
  await host.writeFile({ path, content, mode: 0o644, sudo: true, signal });
  const turnOn = sh`sysctl -q -w ${before.off.map((key) => `${key}=1`)} || exit 1`;
  const after = await look(host, signal, before.off.length > 0 ? turnOn : sh``);
  if (after.off.length > 0 || !after.onFile)
    throw notYet(
      host.name,
      after.onFile ? `the kernel still says 0: ${after.off.join(', ')}` : `${path} is not as written`,
      `On ${host.name}: sysctl ${[forwarding, ...after.off].join(' ')}. What sets it back?`,
    );
  const now = before.off.length > 0 ? `turned on: ${before.off.join(', ')}` : 'was on';
  return { changed: true, summary: `${now}; ${path} keeps it on` };
};

export const enableIpForwarding = step('enable-ip-forwarding', body);

/** Reads the kernel itself, /proc/sys: a file alone turns nothing on. In one command with what is done before it. */
async function look(
  host: Host,
  signal: AbortSignal,
  before: ShellCommand = sh``,
): Promise<{ off: string[]; onFile: boolean }> {
  const keys = [forwarding, ...bridge];
  const { stdout } = await host.run(
    sh`${before}
for key in ${keys}; do
  file=/proc/sys/$(echo "$key" | tr . /)
  if [ -e "$file" ]; then echo "$key=$(cat "$file")"; fi
done
echo '--- file'
cat ${path} 2>/dev/null || true`,
    { sudo: true, signal },
  );
  const [live = '', file = ''] = stdout.split('--- file\n');
  const off = live.split('\n').filter((line) => line !== '' && !line.endsWith('=1'));
  return { off: off.map((line) => line.replace(/=.*/, '')), onFile: file === content };
}
