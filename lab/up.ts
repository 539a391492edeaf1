import { mkdir, writeFile } from 'node:fs/promises';
import { execa } from 'execa';
import type { Cluster } from '../cluster/cluster.ts';
import { base } from './base.ts';
import { bridgeUp } from './bridge.ts';
import { canRunLab, installTools } from './can-run.ts';
import type { DebianVersion } from './debian.ts';
import { knownHostsLine, makeDisk } from './disk.ts';
import { labOf, readLab, writeLab } from './lab-file.ts';
import type { Lab } from './lab-file.ts';
import { exists } from './files.ts';
import { raiseLimits } from './limits.ts';
import { publishPlaybook } from './playbook-repository.ts';
import { switchOn, waitForHost, writeHostEnv } from './machine.ts';
import { powerState } from './power.ts';
import { startServers } from './serve.ts';
import type { Supplies } from './supplies.ts';
import { wheels } from './wheels.ts';

export interface LabOptions {
  /** One line of progress for a person. */
  readonly say?: (line: string) => void;
  /** What the hosts run. Default: Debian 12. */
  readonly debian?: DebianVersion;
  /** Binaries, images and what else the hosts cannot fetch. Without: packages and wheels alone. */
  readonly supplies?: Supplies;
}

/** Makes and boots the hosts of this very spec; those that run are left alone. Returns when every sshd answers. */
export async function labUp(cluster: Cluster, options: LabOptions = {}): Promise<Lab> {
  const say = options.say ?? (() => undefined);
  const missing = await canRunLab();
  if (missing !== undefined) throw new Error(missing);
  await installTools(say);

  const lab = labOf(cluster, options.debian);
  await refuseOtherHosts(lab);
  const image = await base(lab.debian, say);
  await mkdir(lab.paths.dir, { recursive: true });
  await publishPlaybook(lab.paths.playbook, cluster.kubespray.version);
  const served = { debian: image.debian, wheels: await wheels(cluster, lab.debian, say) };
  await writeLab(lab);
  await makeKey(lab);
  await raiseLimits();
  await bridgeUp(lab.network);
  await startServers(lab, served, options.supplies, say);

  await eachHost(lab, async (host) => {
    await makeDisk(lab, host, image, options.supplies);
    await writeHostEnv(lab, host, image);
  });
  const lines = await Promise.all(lab.hosts.map((host) => knownHostsLine(lab, host)));
  await writeFile(lab.paths.knownHosts, `${lines.join('\n')}\n`);

  const start = Date.now();
  await eachHost(lab, async (host) => {
    if ((await powerState(lab, host)) === 'frozen') return;
    const { changed } = await switchOn(lab, host);
    await waitForHost(lab, host);
    if (changed)
      say(`${host.name} ${host.address}: sshd answers after ${((Date.now() - start) / 1000).toFixed(1)} s`);
  });
  return lab;
}

/** A running host keeps the address and user that it was made with. */
async function refuseOtherHosts(lab: Lab): Promise<void> {
  const before = await readLab(lab.name);
  if (before === undefined) return;
  const kept = (l: Lab) =>
    JSON.stringify([
      l.network,
      l.debian,
      before.hosts.map(({ name }) => l.hosts.find((h) => h.name === name)),
    ]);
  if (kept(before) !== kept(lab))
    throw new Error(
      `there is a lab ${lab.name} with other hosts; take it down first: holdfast lab down ${lab.name}`,
    );
}

async function makeKey(lab: Lab): Promise<void> {
  const file = lab.paths.identityFile;
  if (!(await exists(`${file}.pub`)))
    await execa('ssh-keygen', [
      '-q',
      '-t',
      'ed25519',
      '-N',
      '',
      '-C',
      `holdfast-lab ${lab.name}`,
      '-f',
      file,
    ]);
}

/** All at once; every failure is told, not only the first. */
async function eachHost(lab: Lab, act: (host: Lab['hosts'][number]) => Promise<void>): Promise<void> {
  const results = await Promise.allSettled(lab.hosts.map(act));
  const failed = results.filter((result) => result.status === 'rejected');
  if (failed.length > 0)
    throw new Error(
      failed.map(({ reason }) => (reason instanceof Error ? reason.message : String(reason))).join('\n'),
    );
}
