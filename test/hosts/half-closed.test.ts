import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { type AddressInfo, type Server, type Socket, connect, createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { SshTarget } from '../../cluster/cluster.ts';
import { hostName } from '../../hosts/known-hosts.ts';
import { sh } from '../../hosts/shell.ts';
import { sshHosts } from '../../hosts/ssh-hosts.ts';
import { type TestSshd, startSshd } from './sshd.ts';

/** A host that loses its power: what stands between ends its side of the connection, and never closes it. */
let sshd: TestSshd;
let bastion: TestSshd;
let between: Server;
let sockets: Socket[] = [];
let passes = true;
let hosts = sshHosts();

beforeAll(async () => {
  [sshd, bastion] = await Promise.all([startSshd(), startSshd({ name: 'bastion-1' })]);
  between = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.push(socket);
    socket.on('error', () => undefined);
    if (!passes) return void socket.end();
    const host = connect({ port: sshd.port, allowHalfOpen: true });
    sockets.push(host);
    host.on('error', () => undefined);
    socket.pipe(host, { end: false });
    host.pipe(socket, { end: false });
  }).listen(0, '127.0.0.1');
  await once(between, 'listening');
});
afterEach(async () => {
  await hosts.close();
  for (const socket of sockets) socket.destroy();
  [hosts, sockets, passes] = [sshHosts(), [], true];
});
afterAll(async () => {
  between.close();
  await Promise.all([sshd.stop(), bastion.stop()]);
});

function target(through: Partial<SshTarget>): SshTarget {
  const { port } = between.address() as AddressInfo;
  const knownHosts = join(sshd.dir, 'known_hosts_between');
  writeFileSync(knownHosts, `${hostName('127.0.0.1', port)} ${sshd.hostKey}\n`);
  return sshd.target({ port, knownHosts, ...through });
}

describe.each([
  ['straight', () => ({})],
  ['through the bastion', () => ({ via: bastion.target() })],
] as const)('%s, a connection that ends and is never closed', (_, through) => {
  test('is opened anew for the next command', async () => {
    const host = hosts.host(target(through()));
    await host.run(sh`true`);
    for (const socket of sockets) {
      socket.unpipe();
      socket.end();
    }
    const answer = () => host.run(sh`echo again`).catch((error: unknown) => error);
    await expect.poll(answer, { timeout: 5_000 }).toMatchObject({ stdout: 'again\n' });
  });

  test('before it is ready is a lost one, at once, and no later attempt waits for it', async () => {
    const host = hosts.host(target(through()));
    passes = false;
    await expect(host.run(sh`true`)).rejects.toMatchObject({
      kind: 'ConnectionLost',
    });
    passes = true;
    expect(await host.run(sh`echo again`)).toMatchObject({ stdout: 'again\n' });
  });
});
