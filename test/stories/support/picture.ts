import type { LabShell } from './lab-host.ts';

const hosts = [
  'bastion-1',
  'lb-1',
  'lb-2',
  'etcd-1',
  'etcd-2',
  'etcd-3',
  'master-1',
  'master-2',
  'master-3',
  'worker-1',
  'worker-2',
  'worker-3',
];

/**
 * What must not change when nothing is to be changed: content, mode and owner of every file that is configuration or
 * program, and since when each service runs. Left out: what the system itself writes (caches, logs, leases, run-time state).
 */
export async function picture(on: LabShell): Promise<Record<string, string[]>> {
  const rows = await Promise.all(
    hosts.map(async (host) => [host, (await on(host, script)).split('\n')] as const),
  );
  return Object.fromEntries(rows);
}

const script = `
find /etc /opt /usr/local /srv /root /home /var/lib/holdfast -xdev -type f \\
  -not -path '*/runs/*' -not -path '*/facts/*' -not -path '*/backups/*' -not -path '*/__pycache__/*' -not -name '*.pyc' -not -path '*/.ansible/*' -not -path '*/.kube/cache/*' -not -path '*/.cache/*' -not -path '*/.git/*' \\
  -not -path '/etc/mtab' -not -path '/etc/ld.so.cache' -printf '%p %m %U:%G %T@ %s\\n' 2>/dev/null | sort
for u in haproxy keepalived etcd containerd kubelet nfs-ganesha nfs-kernel-server ssh; do
  systemctl show -p Id,ActiveEnterTimestampMonotonic,ExecMainPID "$u.service" | tr '\\n' ' '; echo
done
`;
