import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { renderEtcdProxy } from '../../../cluster/render/etcd-proxy.ts';
import type { EtcdProxyInput } from '../../../cluster/steps.ts';
import { killQuietly } from '../../hosts/sshd.ts';
import { freePort, serverStatus } from './haproxy-process.ts';

/** The rendered haproxy before etcd, but for what needs root, on a port that another process holds, as systemd does. */
export class EtcdProxyProcess {
  readonly port: number;
  private readonly process: ChildProcess;
  private readonly run: string;

  private constructor(process: ChildProcess, port: number, run: string) {
    this.process = process;
    this.port = port;
    this.run = run;
  }

  /** `ports`: where the members really listen, by name. `run`: the folder that stands for /run/holdfast-etcd-proxy. */
  static async start(
    run: string,
    input: EtcdProxyInput,
    ports: ReadonlyMap<string, number>,
  ): Promise<EtcdProxyProcess> {
    await mkdir(run, { recursive: true });
    const config = renderEtcdProxy(input, 'master-1')
      .replace(/^ {2}(user|group|chroot) .*\n/gm, '')
      .replaceAll('/run/holdfast-etcd-proxy', run)
      .replace(
        /^( {2}server (\S+) \S+?):2379/gm,
        (_, start: string, name: string) => `${start}:${ports.get(name)}`,
      );
    const file = join(run, 'etcd-proxy.cfg');
    await writeFile(file, config);
    const port = await freePort();
    const keeper = join(import.meta.dirname, 'hold-port.py');
    const haproxy = ['haproxy', '-W', '-db', '-p', join(run, 'pid'), '-f', file];
    const process = spawn('python3', [keeper, String(port), ...haproxy], { stdio: 'ignore', detached: true });
    await once(process, 'spawn');
    return new EtcdProxyProcess(process, port, run);
  }

  /** What haproxy thinks of a member: "UP", "DOWN" and, on the way, "UP 1/2" and the like. */
  status(member: string): Promise<string | undefined> {
    return serverStatus(join(this.run, 'admin.sock'), 'etcd', member);
  }

  async reload(): Promise<void> {
    process.kill(await this.pid(), 'SIGUSR2');
  }

  /** All of it at once, as systemd ends a unit: a worker that outlives its master for a moment would still accept. */
  async kill(): Promise<void> {
    const pid = await this.pid();
    const workers = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8');
    for (const one of [...workers.trim().split(' ').map(Number), pid]) killQuietly(one);
  }

  async pid(): Promise<number> {
    return Number(await readFile(join(this.run, 'pid'), 'utf8'));
  }

  async stop(): Promise<void> {
    process.kill(-(this.process.pid as number), 'SIGKILL');
    await once(this.process, 'exit');
  }
}
