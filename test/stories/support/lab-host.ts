import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { readLab } from '../../../lab/lab-file.ts';

/** A shell on the lab's hosts, by OpenSSH and through the bastion: so the story never opens a way that holdfast must not. */
export async function labShell(cluster: string, folder: string) {
  const lab = await readLab(cluster);
  if (!lab) throw new Error(`there is no lab ${cluster}`);
  const bastion = lab.hosts.find(({ name }) => name.startsWith('bastion'));
  if (!bastion) throw new Error(`the lab ${cluster} has no bastion`);
  const config = join(folder, 'ssh-config');
  const entries = lab.hosts.map(({ name, address }) =>
    [
      `Host ${name}`,
      `  HostName ${address}`,
      ...(name === bastion.name ? [] : [`  ProxyJump ${bastion.name}`]),
    ].join('\n'),
  );
  const common = [
    'Host *',
    '  User ubuntu',
    `  IdentityFile ${lab.paths.identityFile}`,
    `  UserKnownHostsFile ${lab.paths.knownHosts}`,
    '  ConnectTimeout 10',
    '  LogLevel ERROR',
    '  BatchMode yes',
    // One connection a host: a dozen new ones at once would be more than the bastion's sshd lets in (MaxStartups).
    '  ControlMaster auto',
    `  ControlPath ${join(folder, 'cm-%C')}`,
    '  ControlPersist 60',
  ];
  await writeFile(config, [...entries, ...common].join('\n') + '\n');
  await execa('ssh', ['-F', config, bastion.name, 'true'], { timeout: 30_000 });
  /** Runs a script as root; its standard output. Throws when it ends non-zero. */
  return async (host: string, script: string): Promise<string> => {
    const { stdout } = await execa('ssh', ['-F', config, host, 'sudo bash -s'], {
      input: script,
      timeout: 120_000,
    });
    return stdout;
  };
}

export type LabShell = Awaited<ReturnType<typeof labShell>>;
