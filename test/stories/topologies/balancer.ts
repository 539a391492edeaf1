import { spawn } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import type { Cluster } from '../../../cluster/cluster.ts';

export interface Balancer {
  readonly close: () => Promise<void>;
}

/**
 * Somebody else's load balancer: HAProxy on the machine itself, at the address of the lab's bridge, set up as
 * docs/operations.md asks for ("A load balancer of your own").
 */
export async function balancerOf(
  { port, backends }: { readonly port: number; readonly backends: readonly string[] },
  { hosts, loadBalancer }: Cluster,
  folder: string,
): Promise<Balancer> {
  const servers = backends.map((name) => {
    const host = hosts.find((one) => one.name === name);
    return `  server ${name} ${host?.address}:6443`;
  });
  const config = `defaults
  mode tcp
  timeout connect 2s
  timeout client 1h
  timeout server 1h
frontend api
  bind ${loadBalancer?.internal.address}:${port}
  default_backend api
backend api
  option httpchk GET /readyz
  http-check expect status 200
  default-server check check-ssl verify none inter 1s fall 2 rise 1
${servers.join('\n')}
`;
  await mkdir(folder, { recursive: true });
  const file = join(folder, 'balancer.cfg');
  await writeFile(file, config);
  await execa('haproxy', ['-c', '-f', file]);
  const child = spawn('haproxy', ['-db', '-f', file], { stdio: 'ignore' });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  return {
    close: async () => {
      child.kill('SIGTERM');
      await ended;
    },
  };
}
