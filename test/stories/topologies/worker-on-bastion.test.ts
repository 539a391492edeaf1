import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generateIdentity, identityToRecipient } from 'age-encryption';
import { dump, load } from 'js-yaml';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { labPaths } from '../../../lab/paths.ts';
import { type Holdfast, holdfastCommand, unhurried, until } from '../support/holdfast.ts';
import { serviceHome, serviceHost } from '../support/service-host.ts';

const name = 'on-bastion';
const subnet = '10.75.7';
const paths = labPaths(name);
const { on, moveIn, sendFolder, statusOf } = serviceHost(paths, `${subnet}.10`);
const playbook = `${serviceHome}/kubespray`;

let folder: string;
let holdfast: Holdfast;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'holdfast-on-bastion-'));
  holdfast = holdfastCommand(folder);
  const file = join(folder, 'spec.yaml');
  await writeFile(file, dump(spec(await identityToRecipient(await generateIdentity()))));
  const made = await holdfast.run(['lab', 'up', file], 25);
  expect(made.code, made.stdout.slice(-3000) + made.stderr.slice(-2000)).toBe(0);
  await moveIn(await moved());
  await sendFolder(paths.playbook, playbook);
});
afterAll(async () => {
  if (process.env.HOLDFAST_KEEP_LAB === undefined) await holdfast.run(['lab', 'down', name], 5);
  await rm(folder, { recursive: true, force: true });
});

const spec = (recipient: string) => ({
  cluster: name,
  ssh: { user: 'ubuntu' },
  hosts: [
    { name: 'bastion-1', address: `${subnet}.10`, roles: ['bastion'] },
    { name: 'master-1', address: `${subnet}.11`, roles: ['etcd', 'control-plane'] },
    { name: 'worker-1', address: `${subnet}.12`, roles: ['worker'] },
  ],
  kubernetes: { version: '1.34.4' },
  backup: { recipients: [recipient] },
  singlePointsOfFailure: ['bastion', 'load-balancer', 'etcd', 'control-plane', 'worker', 'promotion'],
});

/** The lab's spec with paths of the bastion, where the worker is. */
async function moved(): Promise<string> {
  const made = load(await readFile(paths.spec, 'utf8')) as {
    readonly ssh: object;
    readonly kubespray: object;
  };
  const ssh = {
    identityFile: `${serviceHome}/.ssh/id_ed25519`,
    knownHosts: `${serviceHome}/.ssh/known_hosts`,
  };
  const file = join(folder, 'moved.yaml');
  await writeFile(
    file,
    dump({ ...made, ssh: { ...made.ssh, ...ssh }, kubespray: { ...made.kubespray, source: playbook } }),
  );
  return file;
}

const status = () => statusOf(name);

/** Runs a bring-up there to its end; seconds. */
async function up(): Promise<number> {
  const start = Date.now();
  const before = (await status())?.runId;
  await on('holdfast up --detach /etc/holdfast/cluster.yaml');
  const ended = await until(
    'the bring-up has ended or waits',
    25,
    status,
    (now) => now !== undefined && now.runId !== before && now.state !== 'running',
    unhurried,
  );
  expect(ended?.state, JSON.stringify(ended?.waitingFor)).toBe('done');
  return Math.round((Date.now() - start) / 1000);
}

describe('Temporal and the worker as units of the bastion itself', () => {
  it('bring its cluster up from there, and by a second up nothing of it changes', async () => {
    await on('holdfast service install');
    const first = await up();
    const nodes = await on(`holdfast kubectl ${name} -- get nodes --no-headers`);
    expect(nodes.split('\n').filter((line) => / Ready /.test(line))).toHaveLength(2);
    const again = await up();
    const changed = (await status())?.steps.filter(
      ({ step, state }) =>
        state !== 'already-so' &&
        !step.startsWith('check-') &&
        !['connect', 'gather-facts', 'backup-etcd'].includes(step),
    );
    expect(changed?.map(({ step, host, state, summary }) => [step, host, state, summary])).toEqual([]);
    console.log(`${name}: 3 hosts, up in ${first} s, again in ${again} s`);
  });
});
