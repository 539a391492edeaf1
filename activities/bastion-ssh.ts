import type { SshTarget } from '../cluster/cluster.ts';
import { type ShellCommand, sh } from '../hosts/shell.ts';
import { bastionPaths } from './bastion-paths.ts';

/** ssh as root on the bastion runs it, the way that Ansible goes: with the bastion's own key, host keys checked. */
export function bastionSsh(cluster: string, target: SshTarget): ShellCommand {
  const { sshKey, knownHosts } = bastionPaths(cluster);
  const options = [
    ...[
      '-o',
      'BatchMode=yes',
      '-o',
      'StrictHostKeyChecking=yes',
      '-o',
      'ConnectTimeout=10',
      '-o',
      'IdentitiesOnly=yes',
    ],
    ...['-o', `UserKnownHostsFile=${knownHosts}`, '-o', 'GlobalKnownHostsFile=/dev/null', '-i', sshKey],
    // First choice for a login that carries little: the post-quantum exchange costs both hosts twice the processor.
    ...['-o', 'KexAlgorithms=^curve25519-sha256'],
    ...['-F', '/dev/null', '-p', String(target.port)],
  ];
  return sh`ssh ${options} ${`${target.user}@${target.address}`}`;
}
