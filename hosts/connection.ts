import type { Duplex } from 'node:stream';
import ssh2 from 'ssh2';
import type { Client, ConnectConfig } from 'ssh2';
import type { SshTarget } from '../cluster/cluster.ts';
import { credentials } from './credentials.ts';
import { HostError } from './errors.ts';
import { hostKeyAlgorithms, hostKeyProblem, readKnownHosts } from './host-keys.ts';
import { hostKey } from './known-hosts.ts';
import type { HostKey } from './known-hosts.ts';

export interface ConnectionOptions {
  /** SSH agent's socket for targets without a key file. Default: SSH_AUTH_SOCK. */
  readonly agent?: string;
  /** Milliseconds until a connection must be usable. Default 15,000. */
  readonly readyTimeout?: number;
  /** Milliseconds between probes of a silent connection, default 5,000; after `keepaliveCountMax` (3) unanswered ones it is lost. */
  readonly keepaliveInterval?: number;
  readonly keepaliveCountMax?: number;
  /** Commands at once on one connection; sshd's default limit (MaxSessions) is 10. Default 8. */
  readonly channels?: number;
}

export interface Connected {
  readonly client: Client;
  /** The key that was compared with known_hosts. */
  readonly hostKey: HostKey;
}

/** Opens and authenticates. `through`: the bastion's own connection. */
export async function connect(
  target: SshTarget,
  options: ConnectionOptions,
  through?: () => Promise<Client>,
): Promise<Connected> {
  const known = await readKnownHosts(target);
  let mismatch: HostError | undefined;
  let shown: HostKey | undefined;
  const config: ConnectConfig = {
    ...base(target, options),
    ...(await credentials(target, options.agent ?? process.env['SSH_AUTH_SOCK'])),
    algorithms: { serverHostKey: hostKeyAlgorithms(known, target) as never },
    hostVerifier: (blob: Buffer) => {
      shown = hostKey(Buffer.from(blob));
      mismatch = hostKeyProblem(known, target, shown);
      return mismatch === undefined;
    },
  };
  if (through) config.sock = await forward(await through(), target, config.readyTimeout as number);
  return new Promise((resolve, reject) => {
    const client = new ssh2.Client();
    client.on('ready', () => resolve({ client, hostKey: shown as HostKey }));
    client.on('error', (error: Error & { level?: string }) => {
      // An agent that cannot sign with one key goes on with its next.
      if (error.level !== 'agent') reject(mismatch ?? connectError(target, error));
    });
    const early = () => mismatch ?? lost(target, 'the connection was closed before it was ready');
    client.on('close', () => reject(early()));
    // A bastion tells the end of a host that has lost its power, and keeps what it forwards open: 'close' may never come.
    client.on('end', () => {
      reject(early());
      config.sock?.destroy();
    });
    start(client, config, reject);
  });
}

/** The key a host shows, read without logging in. It is not verified: that is the caller's, or a person's, part. */
export async function showHostKey(
  target: SshTarget,
  options: ConnectionOptions,
  through?: () => Promise<Client>,
): Promise<HostKey> {
  const known = await readKnownHosts(target);
  let shown: HostKey | undefined;
  const config: ConnectConfig = {
    ...base(target, options),
    algorithms: { serverHostKey: hostKeyAlgorithms(known, target) as never },
    hostVerifier: (blob: Buffer) => {
      shown = hostKey(Buffer.from(blob));
      return false;
    },
  };
  if (through) config.sock = await forward(await through(), target, config.readyTimeout as number);
  return new Promise((resolve, reject) => {
    const client = new ssh2.Client();
    const done = (error: Error) => {
      client.destroy();
      if (shown) resolve(shown);
      else reject(error);
    };
    client.on('error', (error) => done(connectError(target, error)));
    const early = () => done(lost(target, 'the connection was closed before a key was shown'));
    client.on('close', early);
    client.on('end', early);
    start(client, config, reject);
  });
}

function base(target: SshTarget, options: ConnectionOptions): ConnectConfig {
  return {
    host: target.address,
    port: target.port,
    username: target.user,
    readyTimeout: options.readyTimeout ?? 15_000,
    keepaliveInterval: options.keepaliveInterval ?? 5_000,
    keepaliveCountMax: options.keepaliveCountMax ?? 3,
  };
}

function start(client: Client, config: ConnectConfig, reject: (error: Error) => void): void {
  try {
    client.connect(config);
    // Halves the handshake, and takes a warm command from 45 to 3 ms (docs/performance.md).
    client.setNoDelay(true);
  } catch (error) {
    reject(error as Error);
  }
}

/** A way to the host that starts at the bastion. sshd waits as long as the kernel does, so the wait ends here. */
function forward(bastion: Client, target: SshTarget, timeoutMs: number): Promise<Duplex> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(
      () => reject(lost(target, `no answer through the bastion within ${timeoutMs / 1000} s`)),
      timeoutMs,
    );
    bastion.forwardOut('127.0.0.1', 0, target.address, target.port, (error, channel) => {
      clearTimeout(timer);
      if (error) return reject(forwardError(target, error));
      channel.on('error', () => {});
      resolve(channel);
    });
  });
}

function forwardError(target: SshTarget, error: Error & { reason?: unknown }): HostError {
  const bastion = target.via?.name ?? 'the bastion';
  if (error.reason === 1 || /prohibited/.test(error.message))
    return new HostError(
      'ProblemFound',
      bastion,
      `${bastion} does not let connections through to ${target.name}: ${error.message}`,
      { next: `Set "AllowTcpForwarding yes" in /etc/ssh/sshd_config on ${bastion} and reload sshd.` },
    );
  return lost(target, `${bastion} cannot reach ${target.address}:${target.port}: ${error.message}`);
}

/** Who may act: ssh2's `level` tells where it broke. */
function connectError(target: SshTarget, error: Error & { level?: string; code?: unknown }): HostError {
  const where = `${target.user}@${target.address}:${target.port}`;
  const offered = target.identityFile ?? 'the keys of the SSH agent';
  if (error.level === 'client-authentication' || /authentication failures/i.test(error.message))
    return new HostError(
      'AuthenticationFailed',
      target.name,
      `${where} refuses ${offered}: ${error.message}`,
      {
        next: `Put the public key into ~${target.user}/.ssh/authorized_keys on ${target.name}, or mend ssh.user or ssh.identityFile in the spec.`,
      },
    );
  if (error.level === 'handshake')
    return new HostError(
      'UnsupportedSystem',
      target.name,
      `no common SSH algorithm with ${where}: ${error.message}`,
      {
        next: `Update the SSH server on ${target.name}, or allow modern algorithms there.`,
      },
    );
  return lost(target, `cannot connect to ${where}: ${error.message}`);
}

/** No answer, or it broke: a retry may cure it. */
export function lost(target: SshTarget, message: string, command?: string): HostError {
  const way = target.via ? `ssh -J ${target.via.address} ` : 'ssh ';
  return new HostError('ConnectionLost', target.name, message, {
    ...(command === undefined ? {} : { command }),
    next: `Is ${target.name} up, and its SSH server? Try: ${way}-p ${target.port} ${target.user}@${target.address}`,
  });
}
