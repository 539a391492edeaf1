import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { clusterOfShape, inventoryFiles, shapes } from '../../cluster/render/shapes.ts';

const minutes = 60_000;
const source = process.env.HOLDFAST_KUBESPRAY_SOURCE ?? '';
const tag = 'v2.31.0';

let folder: string;
const at = (...path: readonly string[]) => join(folder, ...path);
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'holdfast-kubespray-test-'));
  await execa('git', [
    'clone',
    '--quiet',
    '--depth',
    '1',
    '--branch',
    tag,
    `file://${source}`,
    at('kubespray'),
  ]);
  await execa('python3', ['-m', 'venv', at('venv')]);
  await execa(at('venv', 'bin', 'pip'), ['install', '--quiet', '-r', at('kubespray', 'requirements.txt')]);
  // Kubespray's own play of this name, which its cluster.yml begins with; no host is reached by it.
  const play = { hosts: 'all', gather_facts: false, roles: ['dynamic_groups', 'validate_inventory'] };
  writeFileSync(at('kubespray', 'validate.yml'), JSON.stringify([play]));
}, 15 * minutes);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it.each(Object.keys(shapes))(
  'the real Kubespray’s validation of inventories takes that of %s',
  async (title) => {
    const cluster = clusterOfShape(title);
    for (const { path, content } of inventoryFiles(cluster)) {
      mkdirSync(dirname(at(title, path)), { recursive: true });
      writeFileSync(at(title, path), content);
    }
    const { exitCode, all } = await execa(
      at('venv', 'bin', 'ansible-playbook'),
      ['-i', at(title, 'hosts.yaml'), 'validate.yml'],
      {
        cwd: at('kubespray'),
        env: { ANSIBLE_CONFIG: at('kubespray', 'ansible.cfg') },
        all: true,
        reject: false,
      },
    );
    expect(exitCode, all.slice(-3000)).toBe(0);
    const nodes = cluster.hosts.filter(({ roles }) =>
      roles.some((role) => ['etcd', 'control-plane', 'worker'].includes(role)),
    );
    // Each host was asked, and said yes: a play that meets nobody ends with 0 too.
    expect(
      [...all.matchAll(/^(\S+) +: ok=[1-9]\d* .*failed=0 /gm)].map(([, host]) => host).toSorted(),
    ).toEqual(nodes.map(({ name }) => name).toSorted());
  },
  10 * minutes,
);

it('and refuses one with an even number of etcd members: it looks', async () => {
  const twelve = inventoryFiles(clusterOfShape('twelve hosts'));
  for (const { path, content } of twelve) {
    mkdirSync(dirname(at('even', path)), { recursive: true });
    writeFileSync(at('even', path), content.replace(/^ {8}etcd-3: \{\}\n/m, ''));
  }
  const { exitCode, all } = await execa(
    at('venv', 'bin', 'ansible-playbook'),
    ['-i', at('even', 'hosts.yaml'), 'validate.yml'],
    {
      cwd: at('kubespray'),
      env: { ANSIBLE_CONFIG: at('kubespray', 'ansible.cfg') },
      all: true,
      reject: false,
    },
  );
  expect(exitCode).not.toBe(0);
  expect(all).toMatch(/Stop if even number of etcd hosts/);
});
