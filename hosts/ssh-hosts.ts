import type { Client } from 'ssh2';
import type { SshTarget } from '../cluster/cluster.ts';
import { connect, showHostKey } from './connection.ts';
import type { Connected, ConnectionOptions } from './connection.ts';
import type { Host, Hosts } from './host.ts';
import type { HostKey } from './known-hosts.ts';
import { limiter } from './limiter.ts';
import { sshHost } from './ssh-host.ts';

export interface SshHosts extends Hosts {
  /** The key a host shows, unverified; the way to it, a bastion, is verified. For `holdfast trust`. */
  fetchHostKey(target: SshTarget): Promise<HostKey>;
}

/** One kept connection: opened on first use, opened again after a loss, shared by everyone who names the same target. */
export interface Link {
  /** Resolves when ready. Callers at the same time share one attempt. */
  readonly open: () => Promise<Connected>;
  /** Runs a body while holding one of the connection's channels. */
  readonly withChannel: ReturnType<typeof limiter>;
}

/** Hosts over SSH. Every connection to a target with `via` starts at that bastion, never here. */
export function sshHosts(options: ConnectionOptions = {}): SshHosts {
  const links = new Map<string, Link>();
  const open = new Set<Client>();
  let closed = false;

  const linkTo = (target: SshTarget): Link => {
    const key = keyOf(target);
    const known = links.get(key);
    if (known) return known;
    const link = newLink(target);
    links.set(key, link);
    return link;
  };

  const newLink = (target: SshTarget): Link => {
    let current: Promise<Connected> | undefined;
    const start = async () => {
      const connected = await connect(target, options, wayTo(target));
      const { client } = connected;
      if (closed) client.destroy();
      open.add(client);
      const begun = current;
      const drop = () => {
        if (current === begun) current = undefined;
      };
      client.once('close', () => {
        open.delete(client);
        drop();
      });
      // Unanswered probes end it; of one behind a bastion 'close' may never come, as its sshd waits for the dead host.
      client.once('error', drop);
      client.once('end', drop);
      return connected;
    };
    return {
      open: () => {
        if (closed) return Promise.reject(new Error('the connections were closed'));
        current ??= start().catch((error: unknown) => {
          current = undefined;
          throw error;
        });
        return current;
      },
      withChannel: limiter(options.channels ?? 8),
    };
  };

  const wayTo = ({ via }: SshTarget) => via && (async () => (await linkTo(via).open()).client);

  return {
    host: (target): Host => sshHost(target, linkTo(target)),
    fetchHostKey: (target) => showHostKey(target, options, wayTo(target)),
    close: async () => {
      closed = true;
      const ends = [...open].map((client) => new Promise<void>((done) => client.once('close', done)));
      for (const client of open) client.end();
      let timer: NodeJS.Timeout | undefined;
      const enough = new Promise<void>((done) => (timer = setTimeout(done, 1000)));
      await Promise.race([Promise.all(ends), enough]);
      clearTimeout(timer);
      // One behind a bastion that fell silent waits for a word that never comes: it is left.
      for (const client of open) client.destroy();
    },
  };
}

/** Two specs that name the same machine with other keys do not share a connection. */
function keyOf(target: SshTarget): string {
  const { user, address, port, identityFile = '', knownHosts, via } = target;
  return `${user}@${address}:${port} ${identityFile} ${knownHosts}${via ? ` via ${keyOf(via)}` : ''}`;
}
