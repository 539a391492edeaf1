import type { Command } from 'commander';
import { hostsWithRole } from '../cluster/cluster.ts';
import type { Cluster, SshTarget } from '../cluster/cluster.ts';
import { HostError } from '../hosts/errors.ts';
import { kubectlCommand } from '../hosts/kubectl-command.ts';
import { sshHosts } from '../hosts/ssh-hosts.ts';
import { knownSpec } from './applied.ts';
import { clusterNamed } from './cluster-argument.ts';
import { connect } from './connect.ts';
import { BadInput, ExitError, exitCode } from './exit.ts';
import { readSpec } from './read-spec.ts';

export function register(program: Command): void {
  program
    .command('kubectl')
    .description('run kubectl on the bastion: holdfast kubectl [CLUSTER] -- get nodes')
    .argument('[cluster-then-arguments...]', 'cluster, --, and what kubectl is told')
    .option('--spec <file>', 'take the bastion from this file instead of asking Temporal')
    .usage('[cluster] [--spec file] -- ARGUMENTS…')
    .action(async (words: string[], options: { spec?: string }) => {
      const { cluster, args } = split(words, process.argv);
      if (args.length === 0)
        throw new BadInput('what is kubectl to do? holdfast kubectl [CLUSTER] -- get nodes');
      const at = options.spec === undefined ? await fromTemporal(cluster) : await fromFile(options.spec);
      process.exitCode = await kubectl(at.cluster, at.bastion, args);
    });
}

/** commander drops the `--`; what stood before it is at most the cluster. */
function split(
  words: readonly string[],
  argv: readonly string[],
): { cluster: string | undefined; args: readonly string[] } {
  const dashes = argv.indexOf('--');
  if (dashes < 0)
    throw new BadInput('put -- before what kubectl is told: holdfast kubectl [CLUSTER] -- get nodes');
  const args = argv.slice(dashes + 1);
  const before = words.slice(0, words.length - args.length);
  if (before.length > 1) throw new BadInput(`one cluster, please: ${before.join(' ')}`);
  return { cluster: before[0], args };
}

interface At {
  readonly cluster: string;
  readonly bastion: SshTarget;
}

async function fromTemporal(named: string | undefined): Promise<At> {
  const temporal = await connect();
  try {
    const cluster = await clusterNamed(temporal, named);
    const spec = await knownSpec(temporal, cluster);
    if (!spec) throw new BadInput(`${cluster}: Temporal knows no change of it; name its spec: --spec FILE`);
    return { cluster, bastion: bastionOf(spec, cluster) };
  } finally {
    await temporal.close();
  }
}

async function fromFile(file: string): Promise<At> {
  const cluster = await readSpec(file);
  return { cluster: cluster.name, bastion: bastionOf(cluster, file) };
}

function bastionOf(spec: Cluster, where: string): SshTarget {
  const [bastion] = hostsWithRole(spec, 'bastion');
  if (!bastion) throw new BadInput(`${where}: there is no bastion in it`);
  return bastion.ssh;
}

/** The output goes straight to the terminal: it must not enter a workflow's history. */
async function kubectl(cluster: string, bastion: SshTarget, args: readonly string[]): Promise<number> {
  const hosts = sshHosts();
  try {
    const { code, stdout, stderr } = await hosts.host(bastion).run(kubectlCommand(cluster, args), {
      sudo: true,
      ok: 'any',
      timeout: 600,
      maxBytes: 64 * 1024 * 1024,
    });
    process.stdout.write(stdout);
    process.stderr.write(stderr);
    return code;
  } catch (error) {
    if (error instanceof HostError)
      throw new ExitError(exitCode.unreachable, `${error.message}\n${error.details.next}`);
    throw error;
  } finally {
    await hosts.close();
  }
}
