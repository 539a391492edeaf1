import type { Firewall, FirewallKind } from '../../cluster/firewalls.ts';
import type { Host } from '../../hosts/host.ts';
import { sh } from '../../hosts/shell.ts';

/** ufw.service is active on every Ubuntu, whether or not ufw does anything: it is asked itself. */
const look = sh`
if systemctl is-active -q firewalld 2>/dev/null; then echo firewalld; firewall-cmd --zone=trusted --list-all
elif command -v ufw > /dev/null && ufw status | grep -q '^Status: active'; then echo ufw; ufw status verbose
elif systemctl is-active -q nftables 2>/dev/null; then echo nftables
fi`;

/** The firewall that is on; undefined: none that is known. */
export async function firewallOn(host: Host, signal: AbortSignal): Promise<Firewall | undefined> {
  const { stdout } = await host.run(look, { sudo: true, signal });
  const end = stdout.indexOf('\n');
  if (end < 0) return undefined;
  return { kind: stdout.slice(0, end) as FirewallKind, text: stdout.slice(end + 1) };
}
