import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import type { ChangeStatus } from '../../../cluster/status.ts';
import type { LabPaths } from '../../../lab/paths.ts';
import { findProgram, temporalProgram } from '../../../worker/embedded/find-program.ts';

const root = join(import.meta.dirname, '..', '..', '..');
/** Home of the user whom the units of `holdfast service` run as. */
export const serviceHome = '/var/lib/holdfast-service';

/** A bastion of a lab on which holdfast itself shall run, at this address. */
export interface ServiceHost {
  /** Runs a script as root there; its standard output. */
  readonly on: (script: string, options?: { readonly ok?: boolean }) => Promise<string>;
  /** What `holdfast status` says of a cluster there; undefined: nothing yet. */
  readonly statusOf: (cluster: string) => Promise<ChangeStatus | undefined>;
  /** What a person brings to it: node, Temporal, this build with its packages, a spec file and the worker's keys. */
  readonly moveIn: (spec: string) => Promise<void>;
  /** A folder of this machine, for the worker to read. */
  readonly sendFolder: (from: string, to: string) => Promise<void>;
}

export function serviceHost(paths: LabPaths, address: string): ServiceHost {
  // Without a connection that is kept: it would not know of a reboot.
  const sshTo = [
    ...['-F', 'none', '-i', paths.identityFile],
    ...[
      'BatchMode=yes',
      `UserKnownHostsFile=${paths.knownHosts}`,
      'ConnectTimeout=5',
      'LogLevel=ERROR',
    ].flatMap((option) => ['-o', option]),
    `ubuntu@${address}`,
  ];
  const timeout = 300_000;
  const on: ServiceHost['on'] = async (script, { ok = true } = {}) =>
    (await execa('ssh', [...sshTo, 'sudo bash -es'], { input: script, reject: ok, timeout })).stdout;
  const send = async (from: string, to: string, mode: number) =>
    void (await execa('ssh', [...sshTo, `sudo install -m ${mode} /dev/stdin ${to}`], {
      input: await readFile(from),
    }));
  const unpack = async (folder: string, files: readonly string[], to: string) =>
    void (await execa('tar', ['--create', '--dereference', '--directory', folder, ...files], {
      encoding: 'buffer',
      buffer: false,
    }).pipe('ssh', [...sshTo, `sudo tar --extract --no-same-owner --directory ${to}`], { timeout }));

  return {
    on,
    statusOf: async (cluster) => {
      try {
        return JSON.parse(await on(`holdfast status ${cluster} --json`, { ok: false })) as ChangeStatus;
      } catch {
        return undefined;
      }
    },
    moveIn: async (spec) => {
      await send(process.execPath, '/usr/local/bin/node', 755);
      await send(await findProgram(temporalProgram), '/usr/local/bin/temporal', 755);
      await on('install -d -m 755 /opt/holdfast /etc/holdfast');
      await unpack(root, ['package.json', 'dist', 'activities', 'node_modules'], '/opt/holdfast');
      await on(`printf '#!/bin/sh\\nexec node /opt/holdfast/dist/client/main.js "$@"\\n' > /usr/local/bin/holdfast
chmod 755 /usr/local/bin/holdfast
useradd --system --user-group --home-dir ${serviceHome} --shell /usr/sbin/nologin holdfast
install -d -o holdfast -g holdfast -m 700 ${serviceHome} ${serviceHome}/.ssh`);
      await send(spec, '/etc/holdfast/cluster.yaml', 644);
      for (const [from, to] of [
        [paths.identityFile, 'id_ed25519'],
        [paths.knownHosts, 'known_hosts'],
      ] as const) {
        await send(from, `${serviceHome}/.ssh/${to}`, 600);
        await on(`chown holdfast:holdfast ${serviceHome}/.ssh/${to}`);
      }
    },
    sendFolder: async (from, to) => {
      await on(`install -d -m 700 ${to}`);
      await unpack(from, ['.'], to);
      await on(`chown -R holdfast:holdfast ${to}`);
    },
  };
}
