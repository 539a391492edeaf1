import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generateIdentity, identityToRecipient } from 'age-encryption';
import type { Cluster } from '../../../cluster/cluster.ts';
import type { Host } from '../../../hosts/host.ts';
import { sshHosts } from '../../../hosts/ssh-hosts.ts';
import type { SshHosts } from '../../../hosts/ssh-hosts.ts';
import { readSpec } from '../../../client/read-spec.ts';
import { demoAddress, demoCluster, demoSpec } from '../../../lab/demo-spec.ts';
import { readLab } from '../../../lab/lab-file.ts';
import type { Lab } from '../../../lab/lab-file.ts';
import { labPaths } from '../../../lab/paths.ts';
import { power, powerState } from '../../../lab/power.ts';
import type { PowerAction } from '../../../lab/power.ts';
import { type Holdfast, holdfastCommand, unhurried, until } from './holdfast.ts';
import { type LabShell, labShell } from './lab-host.ts';

/** The cluster that the stories of availability break, each after the other; made by the first that asks. */
export interface StoryLab {
  readonly name: string;
  readonly cluster: Cluster;
  readonly spec: string;
  readonly lab: Lab;
  readonly holdfast: Holdfast;
  /** A shell on a host, by OpenSSH through the bastion. */
  readonly on: LabShell;
  /** A host as holdfast reaches it. */
  readonly host: (name: string) => Host;
  readonly power: (host: string, action: PowerAction) => Promise<void>;
  readonly close: () => Promise<void>;
}

const name = process.env.HOLDFAST_STORY_CLUSTER ?? 'stories';
const subnet = process.env.HOLDFAST_STORY_SUBNET ?? '10.78.0';
/** Shared by all story files of a run, and by the next run while the lab is kept. */
export const storyFolder = join(tmpdir(), `holdfast-stories-${name}`);

export async function storyLab(): Promise<StoryLab> {
  const { spec, backupIdentity } = labPaths(name);
  await mkdir(storyFolder, { recursive: true });
  const holdfast = holdfastCommand(storyFolder, { HOLDFAST_BACKUP_IDENTITY: backupIdentity });
  const hosts: SshHosts = sshHosts();
  await bringUp(holdfast, spec, backupIdentity);
  const cluster = await readSpec(spec);
  const lab = (await readLab(name)) as Lab;
  const on = await labShell(name, storyFolder);
  const made: StoryLab = {
    ...{ name, cluster, spec, lab, holdfast, on },
    host: (host) => {
      const found = cluster.hosts.find((one) => one.name === host);
      if (!found) throw new Error(`the spec has no host ${host}`);
      return hosts.host(found.ssh);
    },
    power: async (host, action) => void (await power(lab, host, action)),
    close: () => hosts.close(),
  };
  await settled(made);
  return made;
}

/** Ends what the stories left running, at the end of all of them. */
export async function storyLabDown(): Promise<void> {
  if (process.env.HOLDFAST_KEEP_LAB !== undefined || !(await readLab(name))) return;
  const holdfast = holdfastCommand(storyFolder);
  await holdfast.run(['dev', '--stop'], 2);
  await holdfast.run(['lab', 'down', name], 5);
}

/** Every host thawed and powered on, whatever a story that failed has left. */
export async function poweredOn({ lab, power }: Pick<StoryLab, 'lab' | 'power'>): Promise<void> {
  await Promise.all(
    lab.hosts.map(async (host) => {
      if ((await powerState(lab, host)) === 'frozen') await power(host.name, 'thaw');
      await power(host.name, 'on');
    }),
  );
}

/** Every node Ready, every member healthy: the next story's figures are its own. */
export async function settled({ on, name: cluster }: Pick<StoryLab, 'on' | 'name'>): Promise<void> {
  const kubectl = `kubectl --kubeconfig /var/lib/holdfast/${cluster}/kubeconfig --request-timeout=5s`;
  await until(
    'the cluster is well',
    6,
    async () => {
      const nodes = await on('bastion-1', `${kubectl} get nodes --no-headers 2>&1 || true`).catch(String);
      const members = await on('etcd-1', health).catch(String);
      return { nodes, members };
    },
    ({ nodes, members }) =>
      nodes.split('\n').filter((line) => / Ready /.test(line)).length === 6 &&
      (members.match(/"health":true/g) ?? []).length === 3,
    unhurried,
  );
}

const health =
  'set -a; . /etc/etcd.env; set +a; PATH=$PATH:/usr/local/bin etcdctl endpoint health --cluster -w json 2>&1 || true';

async function bringUp(holdfast: Holdfast, spec: string, backupIdentity: string): Promise<void> {
  const isKept = (await readLab(name)) !== undefined;
  if (isKept && (await holdfast.status(name))?.state === 'done') return;
  if (!isKept) await forgetFormerLab(holdfast);
  const file = join(storyFolder, 'spec.yaml');
  await writeFile(file, await specText(backupIdentity));
  await must(holdfast, ['lab', 'up', file], 40);
  await must(holdfast, ['dev'], 2);
  await must(holdfast, ['up', spec, '--new-hosts'], 75);
}

/** What a run that failed has left tells of other hosts: of promotions, and of attempts to heal within the hour. */
async function forgetFormerLab(holdfast: Holdfast): Promise<void> {
  await must(holdfast, ['dev', '--stop'], 2);
  await rm(storyFolder, { recursive: true });
  await mkdir(storyFolder);
}

async function must(holdfast: Holdfast, args: readonly string[], minutes: number): Promise<void> {
  const { code, stdout, stderr } = await holdfast.run(args, minutes);
  if (code === 0) return;
  throw new Error(
    `holdfast ${args.join(' ')} ended with ${code}: ${stdout.slice(-3000)}\n${stderr.slice(-2000)}`,
  );
}

/** The demo's twelve hosts under another name and in another subnet, with the timings that the bounds are for. */
async function specText(backupIdentity: string): Promise<string> {
  await mkdir(labPaths(name).dir, { recursive: true });
  await writeFile(backupIdentity, `${await generateIdentity()}\n`, { mode: 0o600, flag: 'wx' }).catch(
    (error: unknown) => {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    },
  );
  const recipient = await identityToRecipient((await readFile(backupIdentity, 'utf8')).trim());
  // A clone of the real Kubespray is used as it is; without one `lab up` puts its own playbook there.
  const playbook = process.env.HOLDFAST_KUBESPRAY_SOURCE ?? '/replaced';
  const paths = { identityFile: '/replaced', knownHosts: '/replaced', playbook };
  const prefix = demoAddress.split('.').slice(0, 3).join('.');
  return demoSpec({ paths, recipient, vars: {} })
    .replace(`cluster: ${demoCluster}`, `cluster: ${name}`)
    .replaceAll(`${prefix}.`, `${subnet}.`)
    .replace('failover: {', 'failover: { timings: fast,');
}
