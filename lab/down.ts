import { readdir, rm, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { exists } from './files.ts';
import { bridgeDown } from './bridge.ts';
import { hostFolder, labNames, readLab } from './lab-file.ts';
import type { Lab, LabHost } from './lab-file.ts';
import { restoreLimits } from './limits.ts';
import { asset, stateRoot } from './paths.ts';
import { power } from './power.ts';
import { stopServers } from './serve.ts';

export interface DownOptions {
  /** False keeps disks and keys for the next `labUp`. Default: true. */
  readonly wipe?: boolean;
}

/**
 * Ends hosts and servers and leaves no process, mount, namespace, link, rule or cgroup of the lab.
 * Fine on a lab that is down, half up, or not there.
 */
export async function labDown(
  name: string,
  { wipe = true }: DownOptions = {},
): Promise<{ changed: boolean }> {
  const lab = await readLab(name);
  if (lab === undefined) return { changed: false };
  const ended = await Promise.all(lab.hosts.map((host) => endHost(lab, host)));
  const stopped = await stopServers(lab);
  await bridgeDown(lab.network);
  // Processes of a host that was ended go one by one, and still write for a moment.
  if (wipe) await rm(lab.paths.dir, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
  if (!(await anyLabIsUp())) await restoreLimits();
  await rmdir(stateRoot()).catch(() => undefined);
  return { changed: wipe || stopped || ended.includes(true) };
}

async function endHost(lab: Lab, host: LabHost): Promise<boolean> {
  const { changed } = await power(lab, host.name, 'off');
  const env = join(hostFolder(lab, host), 'host.env');
  // A supervisor that was killed could not clean up after itself.
  if (await exists(env)) await execa('bash', [asset('host', 'supervisor.sh'), env, 'clean']);
  return changed;
}

async function anyLabIsUp(): Promise<boolean> {
  const bridges = await Promise.all(
    (await labNames()).map(async (name) => (await readLab(name))?.network.bridge),
  );
  const links = await readdir('/sys/class/net');
  return bridges.some((bridge) => bridge !== undefined && links.includes(bridge));
}
