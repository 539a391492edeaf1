import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import ssh2 from 'ssh2';
import type { ConnectConfig } from 'ssh2';
import type { SshTarget } from '../cluster/cluster.ts';
import { HostError } from './errors.ts';

/** A path of the spec on this machine; `~/` is the home of the worker process. */
export function localPath(path: string): string {
  return path.startsWith('~/') ? join(homedir(), path.slice(2)) : path;
}

/** What ssh2 needs to prove who we are: the key file that the spec names, else the agent. One method only, which saves a round trip. */
export async function credentials(target: SshTarget, agent: string | undefined): Promise<ConnectConfig> {
  if (!target.identityFile) {
    if (agent) return { agent, authHandler: ['agent'] };
    throw new HostError(
      'AuthenticationFailed',
      target.name,
      'the spec names no identityFile, and no SSH agent runs',
      {
        next: 'Name ssh.identityFile in the spec, or start the worker where SSH_AUTH_SOCK is set.',
      },
    );
  }
  const path = localPath(target.identityFile);
  const privateKey = await readLocal(path, target.name, 'the SSH key');
  const key = ssh2.utils.parseKey(privateKey);
  if (key instanceof Error) throw unusable(key, path, target.name);
  return { privateKey, authHandler: ['publickey'] };
}

/** Content of the file that holds the sudo password, without its line end. */
export async function sudoPassword(target: SshTarget): Promise<string | undefined> {
  if (!target.sudoPasswordFile) return undefined;
  const content = await readLocal(localPath(target.sudoPasswordFile), target.name, 'the sudo password');
  return content.toString().replace(/\r?\n$/, '');
}

async function readLocal(path: string, host: string, what: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new HostError('LocalFileUnreadable', host, `cannot read ${what} from ${path}: ${why}`, {
      next: `Put the file there, readable for the worker process, or name another in the spec.`,
    });
  }
}

function unusable(error: Error, path: string, host: string): HostError {
  const locked = /passphrase|encrypted/i.test(error.message);
  return locked
    ? new HostError('LocalFileUnreadable', host, `the SSH key ${path} has a passphrase`, {
        next: `Use the agent: ssh-add ${path}, leave identityFile out of the spec, and start the worker where SSH_AUTH_SOCK is set.`,
      })
    : new HostError('LocalFileUnreadable', host, `${path} is not a private SSH key: ${error.message}`, {
        next: 'Name a private key in OpenSSH or PEM format as ssh.identityFile.',
      });
}
