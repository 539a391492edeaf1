import { type Server, type Socket, connect, createServer } from 'node:net';
import { once } from 'node:events';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { checkExistingWithin } from '../../activities/check-existing-load-balancer.ts';
import { standInProgram } from '../../activities/existing-balancer/stand-in.ts';
import { fakeHost } from '../../hosts/fake.ts';
import { sshHosts } from '../../hosts/ssh-hosts.ts';
import { killQuietly } from '../hosts/sshd.ts';
import { callOf, runStep } from './call.ts';
import { failureOf } from './call-step.ts';
import { runStep as runWithFakes } from './run-step.ts';
import { Namespaces } from './namespaces.ts';

const check = checkExistingWithin({ patience: 3, soon: 1 });
const mark = 'holdfast-stand-in-demo-';

describe.skipIf(!Namespaces.possible)('before the first bring-up', () => {
  const names = ['bastion-1', 'master-1', 'worker-1', 'worker-2'];
  const spaces = new Namespaces(names, 214);
  const hosts = sshHosts();
  const servers: Server[] = [];
  beforeAll(() => spaces.start(), 300_000);
  afterEach(() => servers.splice(0).forEach((server) => server.close()));
  afterAll(async () => {
    await hosts.close();
    await spaces.stop();
  });

  /** An appliance: leads to the first backend that takes a connection. `refuses`: who is not led back to itself. */
  async function appliance(backends: readonly number[], refuses?: number): Promise<void> {
    const lead = (client: Socket, [first, ...others]: readonly number[]): void => {
      if (first === undefined) return void client.destroy();
      const backend = connect(6443, spaces.address(first), () => client.pipe(backend).pipe(client));
      backend.on('error', () => lead(client, others));
      client.on('close', () => backend.destroy());
    };
    const server = createServer((client) => {
      client.on('error', () => undefined);
      const own = client.remoteAddress?.endsWith(spaces.address(refuses ?? -2)) === true;
      if (own) client.destroy();
      else lead(client, backends);
    }).listen(8443, spaces.outside);
    await once(server, 'listening');
    servers.push(server);
  }

  const run = (clients = ['master-1', 'worker-1', 'worker-2']) => {
    const [bastion, ...others] = spaces.sshds.map((sshd) => sshd.target());
    const apiServers = [1, 2].map((i) => ({ name: names[i] as string, address: spaces.address(i) }));
    const input = { server: `https://${spaces.outside}:8443`, apiServers, clients };
    return runStep(check, hosts, callOf<'check-existing-load-balancer'>(input, bastion as never, others));
  };

  test('each backend in turn has a stand-in, everybody is led there, and nothing is left of it', async () => {
    await appliance([1, 2]);
    for (const time of [1, 2])
      expect(await run(), `time ${time}`).toEqual({
        changed: false,
        summary: `https://${spaces.outside}:8443 leads to master-1, worker-1`,
      });
    for (const i of [1, 2]) expect(spaces.inside(i, 'ss', '-Hlnt', 'sport = :6443')).toBe('');
  });

  test('all backends that it does not know are told at once, with what it must be told', async () => {
    await appliance([3]);
    const { type, message, detail } = await failureOf(run([]));
    expect(type).toBe('ProblemFound');
    expect(message).toContain('- master-1: hung up, asked from bastion-1, master-1');
    expect(message).toContain('- worker-1: hung up, asked from bastion-1, worker-1');
    expect(detail['next']).toContain(`master-1 (${spaces.address(1)}:6443), worker-1 (`);
    expect(detail['next']).toContain('GET /readyz over HTTPS');
    expect(spaces.inside(1, 'ss', '-Hlnt', 'sport = :6443')).toBe('');
  });

  test('somebody else behind the address is told from who is meant', async () => {
    const other = spaces.spawn(3, 'python3', '-c', standInProgram, 'holdfast-test');
    other.stdin!.end(JSON.stringify({ port: 6443, seconds: 60 }));
    const [said] = (await once(other.stdout!, 'data')) as [Buffer];
    await appliance([3]);
    try {
      expect((await failureOf(run([]))).message).toContain(
        '- master-1: another certificate, asked from bastion-1, master-1',
      );
    } finally {
      killQuietly((JSON.parse(said.toString()) as { pid: number }).pid);
    }
  });

  test('nobody at the address, and a backend that is not led back to itself, are told', async () => {
    expect((await failureOf(run([]))).message).toContain('- master-1: connection refused, asked from');
    await appliance([1, 2], 1);
    const { message } = await failureOf(run([]));
    expect(message).toContain('- master-1: hung up, asked from master-1');
    expect(message).not.toContain('- worker-1');
  });

  test('where something else listens there, that is told', async () => {
    await appliance([1, 2]);
    const holder =
      "import socket,sys; s=socket.socket(); s.bind(('', 6443)); s.listen(9); print('.', flush=True); sys.stdin.read()";
    const held = spaces.spawn(2, 'python3', '-c', holder);
    await once(held.stdout!, 'data');
    try {
      const { message } = await failureOf(run([]));
      expect(message).toContain('- worker-1: something else listens on 6443 there');
      expect(message).not.toContain('- master-1');
    } finally {
      held.kill('SIGKILL');
    }
  });
});

describe('where a control plane is set up', () => {
  const input = {
    server: 'https://172.16.0.10:6443',
    apiServers: ['master-1', 'master-2'].map((name, i) => ({ name, address: `10.0.0.3${i + 1}` })),
    clients: ['worker-1'],
  };
  /** What is heard at each address, by whom. */
  const hear = (name: string, setUp: boolean, answers: Record<string, string>) =>
    fakeHost(name)
      .on(/^test -e \/etc\/kubernetes\/manifests\/kube-apiserver\.yaml$/, { code: setUp ? 0 : 1 })
      .on(
        (command) => command.startsWith('python3 -c') && command.endsWith('holdfast-call'),
        (_, { stdin }) => {
          const { address } = JSON.parse(String(stdin)) as { address: string };
          return { stdout: JSON.stringify(answers[address] ?? new Error(`nobody asks ${address}`)) };
        },
      );
  const run = (bastion: Record<string, string>, worker: Record<string, string>) =>
    runWithFakes(check, input, [
      hear('bastion-1', false, bastion),
      hear('master-1', true, {}),
      hear('master-2', false, {}),
      hear('worker-1', false, worker),
    ]);
  const direct = { '10.0.0.31': 'here', '10.0.0.32': 'connection refused' };

  test('no stand-in is put beside it: whoever asks must be led to an API server that is ready', async () => {
    expect(await run({ ...direct, '172.16.0.10': 'here' }, { '172.16.0.10': 'here' })).toEqual({
      changed: false,
      summary: 'https://172.16.0.10:6443 leads to an API server that is ready',
    });
    const failure = await failureOf(
      run({ ...direct, '172.16.0.10': 'here' }, { '172.16.0.10': 'no answer' }),
    );
    expect(failure.type).toBe('ProblemFound');
    expect(failure.message).toContain('an API server that is ready: no answer, asked from worker-1');
  });

  test('with no API server that is ready nothing is claimed', async () => {
    const down = { '10.0.0.31': 'HTTP 500', '10.0.0.32': 'connection refused' };
    expect((await run(down, {})).summary).toContain('is not tried');
  });
});

test('a host that does not tell whether it has a control plane gets no stand-in', async () => {
  const silent = fakeHost('master-1').on(/^test -e /, { code: 255, stderr: 'lost' });
  const failed = runWithFakes(
    check,
    {
      server: 'https://172.16.0.10:6443',
      apiServers: [{ name: 'master-1', address: '10.0.0.31' }],
      clients: [],
    },
    [fakeHost('bastion-1'), silent],
  );
  expect((await failureOf(failed)).message).toContain('lost');
  expect(silent.done.join()).not.toContain(mark);
});
