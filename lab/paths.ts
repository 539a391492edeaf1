import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';

/** Everything the lab of one cluster owns on this machine. All paths absolute. */
export interface LabPaths {
  readonly dir: string;
  /** What the lab is, as data; its presence says that a lab was made. */
  readonly labFile: string;
  /** Private key for the hosts' user, 0600; `.pub` beside it. */
  readonly identityFile: string;
  readonly knownHosts: string;
  readonly hosts: string;
  /** Logs and pid files of the servers on the bridge. */
  readonly servers: string;
  /** Git repository made from lab/playbook: what `kubespray.source` names. */
  readonly playbook: string;
  /** The demo's spec file. */
  readonly spec: string;
  /** age identity that opens the demo's backups, 0600. */
  readonly backupIdentity: string;
}

const defaultStateRoot = '/var/lib/holdfast-lab';

export function stateRoot(): string {
  return process.env.HOLDFAST_LAB_STATE ?? defaultStateRoot;
}

export function labPaths(cluster: string): LabPaths {
  const dir = join(stateRoot(), cluster);
  return {
    dir,
    labFile: join(dir, 'lab.json'),
    identityFile: join(dir, 'id_ed25519'),
    knownHosts: join(dir, 'known_hosts'),
    hosts: join(dir, 'hosts'),
    servers: join(dir, 'servers'),
    playbook: join(dir, 'playbook.git'),
    spec: join(dir, 'spec.yaml'),
    backupIdentity: join(dir, 'backup-identity.txt'),
  };
}

/** `$HOLDFAST_CACHE` (else `$XDG_CACHE_HOME`, else `~/.cache`)`/holdfast/<name>`. */
export function cacheFolder(name: string): string {
  const root = process.env.HOLDFAST_CACHE ?? process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache');
  return join(root, 'holdfast', name);
}

/** A file of lab/ that is not TypeScript. Found from the sources and from dist/ alike: both lie under package.json. */
export function asset(...path: string[]): string {
  return join(packageRoot(), 'lab', ...path);
}

function packageRoot(): string {
  let dir = import.meta.dirname;
  while (!existsSync(join(dir, 'package.json'))) {
    if (dir === dirname(dir)) throw new Error(`no package.json above ${import.meta.dirname}`);
    dir = dirname(dir);
  }
  return dir;
}
