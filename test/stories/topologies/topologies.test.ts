import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generateIdentity, identityToRecipient } from 'age-encryption';
import { dump } from 'js-yaml';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { labPaths } from '../../../lab/paths.ts';
import { readSpec } from '../../../client/read-spec.ts';
import { labShell } from '../support/lab-host.ts';
import { chartByTiller } from './tiller.ts';
import { type Holdfast, holdfastCommand } from '../support/holdfast.ts';
import { type Balancer, balancerOf } from './balancer.ts';
import { type Topology, topologies } from './shapes.ts';

let folder: string;
const titles = topologies({ recipient: '', sudoPassword: '' }).map(
  ({ name, title }) => [title, name] as const,
);
let made: readonly Topology[];
let identity: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'holdfast-topologies-'));
  identity = join(folder, 'backup-identity.txt');
  const key = await generateIdentity();
  await writeFile(identity, `${key}\n`, { mode: 0o600 });
  const sudoPassword = join(folder, 'sudo');
  await writeFile(sudoPassword, `"quoted' $(word)\n`, { mode: 0o600 });
  made = topologies({ recipient: await identityToRecipient(key), sudoPassword });
});
afterAll(() => rm(folder, { recursive: true, force: true }));

let holdfast: Holdfast | undefined;
let balancer: Balancer | undefined;
let lab = '';
afterEach(async () => {
  await holdfast?.run(['dev', '--stop'], 2);
  await balancer?.close();
  balancer = undefined;
  if (process.env.HOLDFAST_KEEP_LAB === undefined) await holdfast?.run(['lab', 'down', lab], 5);
});

/** Runs a verb to its end; seconds. */
async function took(...args: readonly string[]): Promise<number> {
  const start = Date.now();
  const { code, stdout, stderr } = await (holdfast as Holdfast).run(args, 25);
  expect(code, stdout.slice(-6000) + stderr.slice(-2000)).toBe(0);
  return Math.round((Date.now() - start) / 1000);
}

describe('another shape of cluster', () => {
  it.each(titles)('is brought up, and by a second up nothing of it changes: %s', async (_, name) => {
    const topology = made.find((one) => one.name === name) as Topology;
    lab = name;
    holdfast = holdfastCommand(join(folder, name), { HOLDFAST_BACKUP_IDENTITY: identity });
    const file = join(folder, `${name}.yaml`);
    await writeFile(file, dump(topology.spec, { noRefs: true }));
    await took('validate', file);
    await took('lab', 'up', file, '--debian', topology.debian);
    const { spec } = labPaths(name);
    const cluster = await readSpec(spec);
    balancer = topology.balancer && (await balancerOf(topology.balancer, cluster, join(folder, name)));

    const first = await took('up', spec);
    const { stdout } = await holdfast.run(['kubectl', name, '--', 'get', 'nodes', '--no-headers']);
    const nodes = cluster.hosts.filter(({ roles }) =>
      roles.some((role) => role === 'control-plane' || role === 'worker'),
    );
    const ready = stdout.split('\n').filter((line) => / Ready /.test(line));
    expect(ready.map((line) => line.split(' ')[0]).toSorted()).toEqual(
      nodes.map((host) => host.name).toSorted(),
    );

    if (cluster.helm.version === 2) await chartByTiller(await labShell(name, join(folder, name)), name);
    const again = await took('up', spec);
    const changed = (await holdfast.status(name))?.steps.filter(
      ({ step, state }) =>
        state !== 'already-so' &&
        !step.startsWith('check-') &&
        !['connect', 'gather-facts', 'backup-etcd'].includes(step),
    );
    expect(changed?.map(({ step, host, state, summary }) => [step, host, state, summary])).toEqual([]);
    console.log(`${name}: ${cluster.hosts.length} hosts, up in ${first} s, again in ${again} s`);
  });
});
