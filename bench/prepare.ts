import { generateKeyPairSync } from 'node:crypto';
import ssh2 from 'ssh2';
import type { SshTarget } from '../cluster/cluster.ts';
import { sh } from '../hosts/shell.ts';
import { sshHosts } from '../hosts/ssh-hosts.ts';
import { ansible } from './ansible.ts';
import { bareSsh2 } from './bare-ssh2.ts';
import { steps, whole } from './holdfast.ts';
import { benchLab, benchLabDown, hostCount } from './hosts.ts';
import { shellTasks, undo } from './tasks.ts';
import { table } from './table.ts';

const rounds = Number(process.argv[2] ?? 5);
const say = (line: string): void => console.error(line);

const { spec, nodes } = await benchLab(say);
const temporal = await whole(spec);
try {
  const publicKey = newPublicKey();
  const contestants: Record<string, () => Promise<number>> = {
    'bare ssh2': ownCpu(() => bareSsh2(nodes, shellTasks(publicKey))),
    'holdfast, the steps': ownCpu(() => steps(spec)),
    'holdfast, the whole way (workflow, embedded Temporal)': ownCpu(() => temporal.run()),
    'Ansible (pipelining, ControlPersist, 20 forks)': () => ansible(nodes, publicKey),
  };
  // Once for each, so that no round pays for what is made once (packages, a virtual environment, compiled Python).
  for (const run of Object.values(contestants)) await run();
  const timed = Object.keys(contestants).map((name) => ({
    name,
    first: [] as number[],
    second: [] as number[],
    cpu: [] as number[],
  }));
  for (let round = 1; round <= rounds; round++)
    for (const one of timed) {
      const run = contestants[one.name] as () => Promise<number>;
      await everywhere(nodes, undo);
      const [first, cpu] = await measured(run);
      const [second] = await measured(run);
      one.first.push(first);
      one.second.push(second);
      one.cpu.push(cpu);
      say(`round ${round}: ${one.name}: ${first.toFixed(2)} s, again ${second.toFixed(2)} s`);
    }
  console.log(
    `${hostCount} lab hosts, six tasks each, cold connections, host keys checked; medians of ${rounds} rounds.\n`,
  );
  console.log(table(timed));
} finally {
  await temporal.close();
  await benchLabDown();
}

async function measured(run: () => Promise<number>): Promise<[seconds: number, cpu: number]> {
  const start = performance.now();
  const cpu = await run();
  return [(performance.now() - start) / 1000, cpu];
}

function ownCpu(run: () => Promise<void>): () => Promise<number> {
  return async () => {
    const before = process.cpuUsage();
    await run();
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1e6;
  };
}

async function everywhere(targets: readonly SshTarget[], script: string): Promise<void> {
  const hosts = sshHosts();
  await Promise.all(targets.map((target) => hosts.host(target).run(sh`sh -c ${script}`, { sudo: true })));
  await hosts.close();
}

/** A key of the form that a bastion's has; nobody holds its other half. */
function newPublicKey(): string {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const key = ssh2.utils.parseKey(privateKey.export({ type: 'pkcs1', format: 'pem' }));
  if (key instanceof Error) throw key;
  return `${key.type} ${key.getPublicSSH().toString('base64')} bench-key`;
}
