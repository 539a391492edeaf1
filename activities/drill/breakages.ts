import type { Breakage } from '../../cluster/drill/stories.ts';
import { haproxyHealthPort } from '../../cluster/render/haproxy.ts';
import { HostError } from '../../hosts/errors.ts';
import type { Host } from '../../hosts/host.ts';
import { type ShellCommand, sh } from '../../hosts/shell.ts';

/** Scripts of one breakage. Each may run twice. */
export interface Scripts {
  /** Ends with 0 where the host is whole, and nothing stands in the way of this breakage and of its undoing. */
  readonly isReady: ShellCommand;
  readonly break: ShellCommand;
  readonly isBroken: ShellCommand;
  /** Ends non-zero where it is not back. Run by the host's timer, without anyone looking. */
  readonly restore: ShellCommand;
}

/** Before all rules of others (the table `local` stands at 0, so the host still talks to itself). */
const rule = { door: 1, silence: 2 } as const;

/** Processes that are a control plane; the kernel cuts their names at 15 characters. */
const frozen = 'kubelet|kube-apiserver|kube-controller|kube-scheduler';

export async function scriptsOf(host: Host, breakage: Breakage, signal: AbortSignal): Promise<Scripts> {
  if (breakage.kind === 'frozen') return freezing;
  if (breakage.kind === 'balancer') return balancerStop(breakage.addresses);
  return silence(breakage.door ? await doorOf(host, signal) : undefined);
}

interface Door {
  readonly bastion: string;
  readonly port: string;
}

/** As sshd itself sees the connection: the bastion's address may be another on this side of a router. */
async function doorOf(host: Host, signal: AbortSignal): Promise<Door> {
  const { stdout } = await host.run(sh`echo "$SSH_CONNECTION"`, { signal });
  const [bastion, , , port] = stdout.trim().split(' ');
  if (bastion !== undefined && port !== undefined) return { bastion, port };
  throw new HostError('ProblemFound', host.name, 'sshd does not tell from where it is called', {
    next: 'Without that no way back can be kept open, and nothing was broken.',
  });
}

/**
 * Rules of routing: ip is on every host, a packet filter is not. Nothing that the host sends leaves it any more, so no
 * connection is made, kept or answered; what is sent to it is swallowed.
 */
function silence(door: Door | undefined): Scripts {
  const open = door
    ? sh`ip rule add pref ${rule.door} to ${door.bastion} ipproto tcp sport ${door.port} lookup main`
    : sh`true`;
  const isBroken = sh`ip rule list pref ${rule.silence} | grep -q blackhole`;
  const undo = sh`for v in -4 -6; do for p in ${rule.silence} ${rule.door}; do while ip $v rule del pref $p 2>/dev/null; do :; done; done; done`;
  return {
    // All rules of these two places go when it is undone: they must be nobody's.
    isReady: sh`[ -z "$(for v in -4 -6; do for p in ${rule.silence} ${rule.door}; do ip $v rule list pref $p 2>/dev/null; done; done)" ]`,
    isBroken,
    break: sh`set -e; ! ${isBroken} || exit 0; ${open}
[ ! -e /proc/net/if_inet6 ] || ip -6 rule add pref ${rule.silence} blackhole
ip rule add pref ${rule.silence} blackhole`,
    restore: sh`${undo}; ! ${isBroken}`,
  };
}

const stopped = sh`ps -eo stat=,comm= | grep -qE ${`^T[^ ]* +(${frozen})$`}`;

const freezing: Scripts = {
  isReady: sh`pgrep -x kube-apiserver >/dev/null && ! ${stopped}`,
  isBroken: stopped,
  break: sh`pkill -STOP -x ${frozen}; ${stopped}`,
  restore: sh`pkill -CONT -x ${frozen}; ! ${stopped}`,
};

/**
 * As after a power cut: no goodbye, which keepalived would send when it is stopped, and the addresses are gone from the
 * host. Back, it is started anew: it must learn that the other one holds them now.
 */
function balancerStop(addresses: readonly string[]): Scripts {
  const still = sh`for u in haproxy keepalived; do ps -o stat= -p "$(systemctl show -p MainPID --value $u)"; done | grep -q ^T`;
  const serves = sh`systemctl -q is-active haproxy keepalived && curl -sf -o /dev/null --noproxy ${'*'} -m 2 ${`http://127.0.0.1:${haproxyHealthPort}/`}`;
  return {
    isReady: serves,
    isBroken: still,
    break: sh`systemctl kill -s STOP keepalived haproxy
for a in ${addresses}; do ip -o -4 addr show to "$a/32" | while read -r _ device _ cidr _; do ip addr del "$cidr" dev "$device"; done; done
${still}`,
    restore: sh`systemctl kill -s CONT haproxy; systemctl kill -s KILL keepalived; systemctl restart haproxy keepalived; sleep 1; ! ${still} && ${serves}`,
  };
}
