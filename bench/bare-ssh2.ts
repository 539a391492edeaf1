import { readFile } from 'node:fs/promises';
import ssh2 from 'ssh2';
import type { Client } from 'ssh2';
import type { SshTarget } from '../cluster/cluster.ts';

/** What one writes with ssh2 alone: a connection a host, an exec a task, host keys compared. Throws at the first failure. */
export async function bareSsh2(targets: readonly SshTarget[], tasks: readonly string[]): Promise<void> {
  const [first] = targets;
  if (!first?.identityFile) throw new Error('no hosts');
  const [privateKey, known] = await Promise.all([
    readFile(first.identityFile),
    readFile(first.knownHosts, 'utf8'),
  ]);
  await Promise.all(
    targets.map(async (target) => {
      const client = await connect(target, privateKey, known);
      try {
        for (const task of tasks) await exec(client, task, target.name);
      } finally {
        client.end();
      }
    }),
  );
}

function connect({ address, port, user }: SshTarget, privateKey: Buffer, known: string): Promise<Client> {
  const keys = known.split('\n').filter((line) => line.split(' ')[0]?.split(',').includes(address));
  return new Promise((resolve, reject) => {
    const client = new ssh2.Client();
    client
      .on('ready', () => resolve(client))
      .on('error', reject)
      .connect({
        host: address,
        port,
        username: user,
        privateKey,
        hostVerifier: (key: Buffer) => keys.some((line) => line.split(' ')[2] === key.toString('base64')),
      });
  });
}

function exec(client: Client, command: string, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    client.exec(command, (error, channel) => {
      if (error) return reject(error);
      let said = '';
      channel.resume().stderr.on('data', (data: Buffer) => (said += data.toString()));
      channel.on('close', (code: number | null) =>
        code === 0 ? resolve() : reject(new Error(`${host}: ${command}: ${code}: ${said}`)),
      );
    });
  });
}
