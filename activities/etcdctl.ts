import type { Host } from '../hosts/host.ts';
import { HostError } from '../hosts/errors.ts';
import { sh } from '../hosts/shell.ts';

/** Arguments of a read that a member answers which has heard from a majority, and no other. */
export const linearizableRead = ['get', '/', '--limit=1', '--keys-only', '--consistency=l'] as const;

/**
 * Runs etcdctl on an etcd host and parses its JSON. Endpoints and certificates come from Kubespray's /etc/etcd.env
 * (`ETCDCTL_*`; an additional --endpoints is fatal with 3.6).
 */
export async function etcdctl<T>(etcdHost: Host, args: readonly string[], signal: AbortSignal): Promise<T> {
  const command = sh`set -a; . /etc/etcd.env; set +a; PATH=$PATH:/usr/local/bin etcdctl --dial-timeout=3s --command-timeout=8s ${args} -w json`;
  const { code, stdout, stderr } = await etcdHost.run(command, {
    sudo: true,
    signal,
    ok: 'any',
    timeout: 30,
  });
  try {
    // `endpoint health` ends non-zero when one member is ill, and still says which.
    return JSON.parse(stdout) as T;
  } catch {
    throw new HostError('CommandFailed', etcdHost.name, `etcdctl ${args.join(' ')} ended with ${code}`, {
      command: `etcdctl ${args.join(' ')}`,
      exitCode: code,
      tail: stderr.slice(-1500),
      next: 'Look at journalctl -u etcd on that host.',
    });
  }
}
