import { readFile, readdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Cluster } from '../cluster/cluster.ts';
import { addressesOf } from '../cluster/host-addresses.ts';
import type { DebianVersion } from './debian.ts';
import { labNetwork, linkName } from './network.ts';
import type { LabNetwork } from './network.ts';
import { labPaths, stateRoot } from './paths.ts';
import type { LabPaths } from './paths.ts';

/** What a lab is: enough to take it down, also when the code or the spec has changed since. */
export interface Lab {
  readonly name: string;
  /** What its hosts run. */
  readonly debian: DebianVersion;
  readonly network: LabNetwork;
  readonly paths: LabPaths;
  readonly hosts: readonly LabHost[];
}

export interface LabHost {
  readonly name: string;
  /** Where SSH reaches it. */
  readonly address: string;
  /** Others that its interface holds: the spec's `ip` and `accessIp`. Absent: none. */
  readonly moreAddresses?: readonly string[];
  /** sshd's port and the user with sudo, as the spec says. */
  readonly port: number;
  readonly user: string;
  /** File on this machine with the password that the user's sudo asks for. Absent: it asks for none. */
  readonly sudoPasswordFile?: string;
  /** The machine's end of its cable. */
  readonly link: string;
  readonly swap: boolean;
  /** How much of the processor it gets where all want more than there is, in shares of a node's. */
  readonly weight: number;
  /** Public keys beside the lab's own that may log in: those of the spec's identity files. */
  readonly identityFiles: readonly string[];
}

export function labOf(cluster: Cluster, debian: DebianVersion = '12'): Lab {
  return {
    name: cluster.name,
    debian,
    network: labNetwork(cluster),
    paths: labPaths(cluster.name),
    hosts: cluster.hosts.map((host) => ({
      name: host.name,
      address: host.ssh.address,
      ...(addressesOf(host).length > 1 && {
        moreAddresses: addressesOf(host).filter((address) => address !== host.ssh.address),
      }),
      port: host.ssh.port,
      user: host.ssh.user,
      ...(host.ssh.sudoPasswordFile !== undefined && { sudoPasswordFile: host.ssh.sudoPasswordFile }),
      link: linkName(cluster.name, host.ssh.address),
      // On machines of their own they would not wait for a processor that nodes which boot take for minutes.
      weight: host.roles.some((role) => role === 'control-plane' || role === 'worker') ? 1 : 4,
      swap: host.roles.some((role) => role === 'control-plane' || role === 'worker' || role === 'etcd'),
      identityFiles: host.ssh.identityFile === undefined ? [] : [host.ssh.identityFile],
    })),
  };
}

/** The lab of this name that was made on this machine, if there is one. */
export async function readLab(name: string): Promise<Lab | undefined> {
  const text = await readFile(labPaths(name).labFile, 'utf8').catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  });
  return text === undefined ? undefined : (JSON.parse(text) as Lab);
}

export async function writeLab(lab: Lab): Promise<void> {
  const file = lab.paths.labFile;
  await writeFile(`${file}.new`, `${JSON.stringify(lab, undefined, 2)}\n`);
  await rename(`${file}.new`, file);
}

/** Names of all labs on this machine, up or with their disks kept. */
export async function labNames(): Promise<string[]> {
  const names = await readdir(stateRoot()).catch(() => []);
  const labs = await Promise.all(names.map((name) => readLab(name).catch(() => undefined)));
  return names.filter((_, i) => labs[i] !== undefined);
}

export function hostFolder(lab: Lab, host: LabHost): string {
  return join(lab.paths.hosts, host.name);
}

export function hostNamed(lab: Lab, name: string): LabHost {
  const host = lab.hosts.find((h) => h.name === name);
  if (!host)
    throw new Error(`lab ${lab.name} has no host ${name}; it has ${lab.hosts.map((h) => h.name).join(', ')}`);
  return host;
}
