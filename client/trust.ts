import { confirm } from '@inquirer/prompts';
import type { Command } from 'commander';
import type { Cluster, SshTarget } from '../cluster/cluster.ts';
import { addKnownHost, knownHostState } from '../hosts/host-keys.ts';
import { type HostKey, fingerprint } from '../hosts/known-hosts.ts';
import { sshHosts } from '../hosts/ssh-hosts.ts';
import { BadInput, ExitError, exitCode } from './exit.ts';
import { readSpec } from './read-spec.ts';

export function register(program: Command): void {
  program
    .command('trust')
    .description(
      "read the hosts' SSH keys (through the bastion for all but itself), show their fingerprints, write known_hosts",
    )
    .argument('<spec>', 'spec file')
    .option('--yes', 'do not ask: for labs, or when the way to the hosts is trusted')
    .action(async (file: string, options: { yes?: boolean }) =>
      trust(await readSpec(file), options.yes ?? false),
    );
}

/** Bastions first: the way to all others goes through a bastion whose key is known. */
export async function trust(cluster: Cluster, yes: boolean): Promise<void> {
  const bastions = cluster.hosts.filter((host) => !host.ssh.via);
  const others = cluster.hosts.filter((host) => host.ssh.via);
  await trustAll(
    bastions.map((host) => host.ssh),
    yes,
  );
  await trustAll(
    others.map((host) => host.ssh),
    yes,
  );
}

async function trustAll(targets: readonly SshTarget[], yes: boolean): Promise<void> {
  const hosts = sshHosts();
  const seen = await Promise.allSettled(
    targets.map(async (target) => ({ target, key: await hosts.fetchHostKey(target) })),
  ).finally(() => hosts.close());
  const unknown: { target: SshTarget; key: HostKey }[] = [];
  const failed: string[] = [];
  for (const result of seen) {
    if (result.status === 'rejected') {
      failed.push(String((result.reason as Error).message));
      continue;
    }
    const { target, key } = result.value;
    const state = await knownHostState(target, key);
    console.log(
      `${target.name.padEnd(16)} ${target.address.padEnd(16)} ${key.type} ${fingerprint(key)}  ${state}`,
    );
    if (state === 'changed' || state === 'revoked') {
      failed.push(
        `${target.name}: its host key is ${state}. If you reinstalled the host, take its old line out of ${target.knownHosts} first.`,
      );
    }
    if (state === 'unknown') unknown.push({ target, key });
  }
  if (unknown.length > 0 && !(yes || (await asked(unknown.length))))
    throw new BadInput('nothing was written');
  for (const { target, key } of unknown) await addKnownHost(target, key);
  if (failed.length > 0) throw new ExitError(exitCode.unreachable, failed.join('\n'));
}

async function asked(count: number): Promise<boolean> {
  if (!process.stdin.isTTY) throw new BadInput('compare the fingerprints, then run it again with --yes');
  return confirm({
    message: `Compare with what the hosts' own consoles show. Trust these ${count} keys?`,
    default: false,
  });
}
