import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { connect, createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { renderHaproxy } from '../../../cluster/render/haproxy.ts';
import type { BalancerInput } from '../../../cluster/steps.ts';

/** A real haproxy with the rendered configuration, but for what needs root, and for ports of this machine. */
export class HaproxyProcess {
  private readonly process: ChildProcess;
  private readonly socket: string;
  readonly healthPort: number;

  private constructor(process: ChildProcess, socket: string, healthPort: number) {
    this.process = process;
    this.socket = socket;
    this.healthPort = healthPort;
  }

  /** `ports`: where the servers of the input really listen, by name. */
  static async start(
    dir: string,
    input: BalancerInput,
    ports: ReadonlyMap<string, number>,
  ): Promise<HaproxyProcess> {
    const socket = join(dir, 'admin.sock');
    const healthPort = await freePort();
    const config = renderHaproxy(input, 'lb-1', socket)
      .replace(/^ {2}(user|group|chroot) .*\n/gm, '')
      .replace(/bind 127\.0\.0\.1:\d+/, `bind 127.0.0.1:${healthPort}`)
      .replace(
        /^( {2}server (\S+) \S+?):6443/gm,
        (_, start: string, name: string) => `${start}:${ports.get(name)}`,
      );
    const file = join(dir, 'haproxy.cfg');
    await writeFile(file, config);
    const process = spawn('haproxy', ['-db', '-f', file], { stdio: 'ignore' });
    await once(process, 'spawn');
    return new HaproxyProcess(process, socket, healthPort);
  }

  /** What haproxy thinks of a server: "UP", "DOWN", "NOLB" and, on the way, "UP 1/2" and the like. */
  status(backend: string, server: string): Promise<string | undefined> {
    return serverStatus(this.socket, backend, server);
  }

  async stop(): Promise<void> {
    if (this.process.exitCode !== null) return;
    this.process.kill('SIGKILL');
    await once(this.process, 'exit');
  }
}

/** Asked of the admin socket. */
export async function serverStatus(
  socket: string,
  backend: string,
  server: string,
): Promise<string | undefined> {
  const connection = connect(socket);
  connection.end('show stat\n');
  const rows = (await text(connection)).split('\n').map((line) => line.split(','));
  return rows.find((row) => row[0] === backend && row[1] === server)?.[17];
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
