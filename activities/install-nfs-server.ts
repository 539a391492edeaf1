import { dirname } from 'node:path/posix';
import type { OperatingSystem } from '../cluster/operating-systems.ts';
import { ganeshaConfigPath, renderGaneshaConfig, renderNfsExports } from '../cluster/render/nfs-exports.ts';
import type { StepCall } from '../cluster/steps.ts';
import type { Host } from '../hosts/host.ts';
import { type ShellCommand, sh } from '../hosts/shell.ts';
import { type StepBody, notYet, problem, step } from './step.ts';
import { familyOn } from './family.ts';
import { ensurePackages } from './packages.ts';
import { changedSinceLoaded } from './service.ts';

/** One of the two servers, as this host can run it. */
interface Server {
  readonly what: string;
  readonly packages: readonly string[];
  readonly unit: string;
  readonly file: { readonly path: string; readonly content: string };
  /** Makes a running server read its file again without cutting off those who have mounted. */
  readonly reload: ShellCommand;
  /** `reload` is nothing to a server that has read its file, so it needs no reason. */
  readonly reloadsFreely: boolean;
}

const body: StepBody<'install-nfs-server'> = async (call, tools) => {
  const { host, signal } = tools;
  const family = await familyOn(host, signal);
  const server = await serverFor(call, host, family, signal);
  const folder = await makeFolder(host, call.nfs.path, signal);
  await makeFolder(host, dirname(server.file.path), signal);
  // The file first: a server that starts before its exports are written answers with the distribution's example.
  const file = await host.writeFile({ ...server.file, mode: 0o644, sudo: true, signal });
  const packages = await ensurePackages(host, family, server.packages, tools);
  const started = await ensureRunning(host, server, signal);
  await answers(host, signal);
  const changed = folder || file.changed || packages.changed || started;
  const clients = `${call.nfs.path} to ${call.clients.length} nodes`;
  return {
    changed,
    summary: changed ? `${server.what} exports ${clients}` : `${server.what} exports ${clients} already`,
  };
};

export const installNfsServer = step('install-nfs-server', body);

/** The kernel's server where the kernel has one, else the one in user space. */
async function serverFor(
  call: StepCall<'install-nfs-server'>,
  host: Host,
  family: OperatingSystem,
  signal: AbortSignal,
): Promise<Server> {
  const { code } = await host.run(sh`modprobe -q nfsd; grep -qw nfsd /proc/filesystems`, {
    sudo: true,
    signal,
    ok: [0, 1],
  });
  const { path } = call.nfs;
  if (code !== 0 && family.packages['nfs-server-in-user-space'].length === 0)
    throw problem(
      host.name,
      'its kernel has no NFS server (the module nfsd), and its distribution has no nfs-ganesha to run instead',
      `Let ${host.name} run a kernel with nfsd, or give the role nfs-server to another host.`,
    );
  return code === 0
    ? {
        what: 'the kernel’s NFS server',
        packages: family.packages['nfs-server'],
        unit: family.services.nfsServer,
        file: { path: family.nfsExports, content: renderNfsExports(path, call.clients) },
        reload: sh`exportfs -ra`,
        reloadsFreely: true,
      }
    : {
        what: 'nfs-ganesha',
        packages: family.packages['nfs-server-in-user-space'],
        unit: family.services.nfsServerInUserSpace,
        file: { path: ganeshaConfigPath, content: renderGaneshaConfig(path, call.clients) },
        reload: sh`systemctl restart ${family.services.nfsServerInUserSpace}`,
        reloadsFreely: false,
      };
}

async function makeFolder(host: Host, path: string, signal: AbortSignal): Promise<boolean> {
  const { stdout } = await host.run(
    sh`if [ -d ${path} ]; then echo there; else install -d -m 0755 ${path} && echo made; fi`,
    { sudo: true, signal },
  );
  return stdout.trim() === 'made';
}

/** Whether the server has read its file is asked of the host: an earlier try may have written it and got no further. */
async function ensureRunning(host: Host, server: Server, signal: AbortSignal): Promise<boolean> {
  const isUp = async (): Promise<boolean> => {
    const { stdout } = await host.run(
      sh`systemctl is-active ${server.unit}; systemctl is-enabled ${server.unit}`,
      { sudo: true, signal, ok: 'any' },
    );
    return stdout === 'active\nenabled\n';
  };
  const up = await isUp();
  const stale =
    server.reloadsFreely || (await changedSinceLoaded(host, server.unit, server.file.path, signal));
  if (up && !stale) return false;
  await host.run(
    up ? server.reload : sh`systemctl enable ${server.unit} && systemctl restart ${server.unit}`,
    { sudo: true, signal },
  );
  if (await isUp()) return !(up && server.reloadsFreely);
  throw notYet(
    host.name,
    `${server.unit} is not running after it was started`,
    `Look at journalctl -u ${server.unit} on ${host.name}.`,
  );
}

/** A unit can be active while its server still starts. */
async function answers(host: Host, signal: AbortSignal): Promise<void> {
  const { code } = await host.run(
    sh`python3 -c ${'import socket; socket.create_connection(("127.0.0.1", 2049), 3).close()'}`,
    { signal, ok: [0, 1] },
  );
  if (code !== 0)
    throw notYet(host.name, 'nothing answers on port 2049', `Look at journalctl -b on ${host.name}.`);
}
