import { symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import type { InventoryInput } from '../../cluster/steps.ts';
import { ansibleBin } from '../../lab/ansible.ts';
import type { LocalHost } from './local-host.ts';
import { put as putOn } from './pki-fixture.ts';

/** A master that is etcd's only member too, and a worker node. */
export const smallInventory: InventoryInput = {
  hosts: (['master-1', 'worker-1'] as const).map((name, i) => ({
    name,
    address: `10.0.0.${31 + i}`,
    roles: i === 0 ? ['control-plane', 'etcd'] : ['worker'],
    labels: {},
    port: 22,
    user: 'ubuntu',
  })),
  kubernetes: {
    version: '1.34.4',
    podCidr: '10.233.64.0/18',
    serviceCidr: '10.233.0.0/18',
    network: 'flannel',
  },
  kubespray: { version: 'v1', source: '/source', vars: {} },
  candidates: [],
  timings: 'calm',
};

export const clusterRoot = '/var/lib/holdfast/demo';

/** What `kubectl get nodes -o json` says of nodes that are Ready. */
export const readyNodes = (...names: readonly string[]): string =>
  JSON.stringify({
    items: names.map((name) => ({
      metadata: { name },
      status: { conditions: [{ type: 'Ready', status: 'True' }] },
    })),
  });

/** A checkout with these playbooks, an inventory whose hosts are this machine, the real ansible-playbook. */
export async function layPlaybooks(
  bastion: LocalHost,
  playbooks: Readonly<Record<string, string>>,
  hosts: readonly string[] = ['master-1', 'worker-1'],
): Promise<void> {
  const bin = await ansibleBin();
  for (const [path, content] of Object.entries(playbooks))
    putOn(bastion, `${clusterRoot}/kubespray/${path}`, content);
  putOn(bastion, `${clusterRoot}/kubespray/ansible.cfg`, '[defaults]\n');
  const checkout = bastion.path(`${clusterRoot}/kubespray`);
  const author = ['-c', 'user.name=t', '-c', 'user.email=t@example.org'];
  await execa('git', ['init', '-q', checkout]);
  await execa('git', ['-C', checkout, 'add', '.']);
  await execa('git', ['-C', checkout, ...author, 'commit', '-qm', 'x']);
  const local = `{ ansible_connection: local, ansible_become: false, ansible_python_interpreter: ${join(bin, 'python')} }`;
  const all = hosts.map((name) => `${name}: ${local}`).join(', ');
  putOn(bastion, `${clusterRoot}/inventory/hosts.yaml`, `all: { hosts: { ${all} } }\n`);
  symlinkSync(dirname(bin), bastion.path(`${clusterRoot}/venv-1`));
  putOn(bastion, `${clusterRoot}/venv.json`, JSON.stringify({ venv: `${clusterRoot}/venv-1` }));
}
