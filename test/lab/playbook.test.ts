import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { load } from 'js-yaml';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { renderGroupVars, varsWithFiles } from '../../cluster/render/group-vars.ts';
import { offlineVars } from '../../lab/offline-vars.ts';
import { ansibleBin } from '../../lab/ansible.ts';
import { inventoryInput } from '../cluster/render/inputs.ts';

const folder = join(import.meta.dirname, '../../lab/playbook');
const playbooks = ['cluster.yml', 'scale.yml', 'remove-node.yml', 'reset.yml', 'playbooks/facts.yml'];
const files = new Map<string, string>();
const ansible = await ansibleBin().catch(() => undefined);

interface Task {
  readonly name?: string;
  readonly no_log?: boolean;
  readonly [key: string]: unknown;
}

/** Set by holdfast or the lab, and without a meaning in so small a playbook; README.md names the reasons. */
const withoutEffect = [
  'containerd_base_runtime_spec_rlimit_nofile',
  'enable_dns_autoscaler',
  'enable_nodelocaldns',
  'files_repo',
  'gcr_image_repo',
  'get_helm_url',
  'github_image_repo',
  'helm_enabled',
  'kubeconfig_localhost',
  'quay_image_repo',
  'registry_host',
];

beforeAll(async () => {
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || /\.pyc$/.test(entry.name)) continue;
    const path = join(entry.parentPath, entry.name);
    files.set(path.slice(folder.length + 1), await readFile(path, 'utf8'));
  }
});

describe('the playbook', () => {
  it('reads every variable that holdfast and the lab set, but for those that mean nothing to it', () => {
    const lab = Object.keys(offlineVars('10.0.0.1', { cgroupV1: true }));
    const unread = [...new Set([...ownVars(), ...lab])].filter((name) => !isRead(name));
    expect(unread.toSorted()).toEqual(withoutEffect);
  });

  it('has a use for every variable that it gives a default', () => {
    const defaults = load(text('roles/defaults/defaults/main.yml')) as object;
    expect(Object.keys(defaults).filter((name) => !isRead(name))).toEqual([]);
  });

  it('names every play and every task', () => {
    const all = [...files.keys()].filter((path) => path.includes('/tasks/') || playbooks.includes(path));
    expect(all.flatMap(tasksOf).filter((task) => !task.name)).toEqual([]);
  });

  it('needs no collection: its modules are its own or ansible.builtin', () => {
    const own = [...files.keys()].flatMap((path) => /^library\/(\w+)\.py$/.exec(path)?.[1] ?? []);
    const builtin = /^ansible\.builtin\./;
    const keywords =
      /^(name|register|when|vars|loop|no_log|run_once|delegate_to|throttle|changed_when|failed_when|hosts|roles|tasks|strategy|gather_facts|any_errors_fatal)$/;
    const unknown = [...files.keys()]
      .filter((path) => path.includes('/tasks/') || playbooks.includes(path))
      .flatMap(tasksOf)
      .flatMap((task) => Object.keys(task))
      .filter((key) => !keywords.test(key) && !builtin.test(key) && !own.includes(key));
    expect(unknown).toEqual([]);
  });

  it('hides what carries keys and tokens, and holds none itself', () => {
    const all = [...files.keys()].filter((path) => path.endsWith('.yml')).flatMap(tasksOf);
    const carries = all.filter((task) => 'etcd_certificates' in task || 'join_material' in task);
    expect(carries.length).toBeGreaterThan(2);
    expect(carries.filter((task) => task.no_log !== true)).toEqual([]);
    for (const [path, content] of files)
      expect(content, path).not.toMatch(/PRIVATE KEY|\b[a-z0-9]{6}\.[a-z0-9]{16}\b|\b[0-9a-f]{64}\b/);
  });

  it('pins an exact ansible-core of the line that Kubespray v2.31 takes', () => {
    expect(text('requirements.txt')).toMatch(/^ansible-core==2\.18\.\d+\n$/);
  });
});

describe('make-ssl-etcd.sh', () => {
  let work: string;
  const rendered = (path: string) =>
    text(path)
      .replaceAll('{{ certificates_key_size }}', '2048')
      .replaceAll('{{ certificates_duration }}', '10');
  const issue = (env: Record<string, string>) =>
    execa(
      'bash',
      [join(work, 'make-ssl-etcd.sh'), '-f', join(work, 'openssl.conf'), '-d', join(work, 'ssl')],
      {
        env,
      },
    );
  const read = (name: string) => readFile(join(work, 'ssl', name), 'utf8');

  beforeAll(async () => {
    work = await mkdtemp(join(tmpdir(), 'holdfast-etcd-'));
    await writeFile(
      join(work, 'make-ssl-etcd.sh'),
      rendered('roles/certificates/templates/make-ssl-etcd.sh.j2'),
    );
    const conf = text('roles/certificates/templates/openssl.conf.j2').split('[names]')[0]!;
    await writeFile(join(work, 'openssl.conf'), `${conf}[names]\nDNS.1 = etcd-1\nIP.1 = 127.0.0.1\n`);
  });
  afterAll(() => rm(work, { recursive: true, force: true }));

  it('makes one CA, and certificates of it for members and clients', async () => {
    await issue({ MASTERS: 'etcd-1', HOSTS: 'master-1' });
    for (const name of ['member-etcd-1', 'admin-etcd-1', 'node-master-1']) {
      const args = ['verify', '-CAfile', join(work, 'ssl/ca.pem'), join(work, `ssl/${name}.pem`)];
      expect((await execa('openssl', args)).stdout).toContain('OK');
      expect(await read(`${name}-key.pem`)).toContain('PRIVATE KEY');
    }
  });

  it('keeps the CA and every other certificate when a host is added', async () => {
    const before = await Promise.all(['ca.pem', 'ca-key.pem', 'member-etcd-1.pem'].map(read));
    await issue({ HOSTS: 'worker-1' });
    expect(await Promise.all(['ca.pem', 'ca-key.pem', 'member-etcd-1.pem'].map(read))).toEqual(before);
    expect((await readdir(join(work, 'ssl'))).filter((name) => name.startsWith('.'))).toEqual([]);
    expect(await read('node-worker-1.pem')).toContain('CERTIFICATE');
  });

  it('refuses an option that it does not know', async () => {
    const done = await execa('bash', [join(work, 'make-ssl-etcd.sh'), '--force'], { reject: false });
    expect(done.exitCode).toBe(3);
  });
});

describe.skipIf(ansible === undefined)('the playbook, in the hands of Ansible', () => {
  let work: string;
  const env = { ANSIBLE_CONFIG: join(folder, 'ansible.cfg'), PYTHONDONTWRITEBYTECODE: '1', HOME: tmpdir() };
  const play = (...args: string[]) =>
    execa(join(ansible!, 'ansible-playbook'), args, { cwd: folder, env, reject: false, all: true });

  beforeAll(async () => {
    work = await mkdtemp(join(tmpdir(), 'holdfast-playbook-'));
  });
  afterAll(() => rm(work, { recursive: true, force: true }));

  it('passes the syntax check and lists its tasks', async () => {
    const inventory = join(work, 'hosts.yaml');
    await writeFile(inventory, JSON.stringify(inventoryOf({})));
    expect(await play('-i', inventory, '--syntax-check', ...playbooks)).toMatchObject({ exitCode: 0 });
    const listed = await play('-i', inventory, '--list-tasks', 'cluster.yml');
    expect(listed.all).toContain('Bring up the first control-plane node');
  }, 60_000);

  const fresh = {
    etcd_ca_key: false,
    etcd_data: false,
    kube_ca_key: false,
    joined: false,
    kube_ca: '',
    etcd_ca: '',
  };
  const member = { ...fresh, etcd_ca_key: true, etcd_data: true, etcd_ca: 'E' };
  const master = { ...fresh, kube_ca_key: true, joined: true, kube_ca: 'K' };
  const living = { 'etcd-1': member, 'etcd-2': member, 'master-1': master, 'master-2': master };
  const cases: readonly (readonly [string, Record<string, object>, RegExp | undefined])[] = [
    ['lets hosts pass that are all fresh', {}, undefined],
    ['lets a cluster pass that lives', living, undefined],
    [
      'lets a fresh control-plane node pass that stands behind a living one',
      { ...living, 'master-2': fresh },
      undefined,
    ],
    [
      'refuses a fresh host in first place of etcd',
      { ...living, 'etcd-1': fresh },
      /etcd-1 stands first in the group etcd/,
    ],
    [
      'refuses a fresh etcd host behind living ones',
      { ...living, 'etcd-2': fresh },
      /etcd-2 has no etcd data/,
    ],
    [
      'refuses a fresh first control-plane node',
      { ...living, 'master-1': fresh },
      /master-1 stands first in the group kube_control_plane/,
    ],
    [
      'refuses hosts of two clusters',
      { ...living, 'master-2': { ...master, kube_ca: 'X' } },
      /CAs of different clusters/,
    ],
  ];
  it.each(cases)('%s', async (_, found, refusal) => {
    const inventory = join(work, 'refuse.yaml');
    const probe = join(work, 'refuse.yml');
    await writeFile(inventory, JSON.stringify(inventoryOf(found)));
    const cluster = load(text('cluster.yml')) as { vars: object }[];
    const tasks = [{ 'ansible.builtin.import_role': { name: 'look', tasks_from: 'refuse-strangers' } }];
    const probed = { hosts: 'all', gather_facts: false, roles: ['defaults'], vars: cluster[0]!.vars, tasks };
    await writeFile(probe, JSON.stringify([probed]));
    const roles = {
      ANSIBLE_ROLES_PATH: join(folder, 'roles'),
      ANSIBLE_FILTER_PLUGINS: join(folder, 'filter_plugins'),
    };
    const done = await execa(join(ansible!, 'ansible-playbook'), ['-i', inventory, probe], {
      env: { ...env, ...roles },
      reject: false,
      all: true,
    });
    if (refusal === undefined) expect(done.exitCode, done.all).toBe(0);
    else expect(done.all).toMatch(refusal);
    if (refusal !== undefined) expect(done.exitCode).toBe(2);
  });

  function inventoryOf(found: Record<string, object>): object {
    const host = (name: string) => [name, { ansible_connection: 'local', found: found[name] ?? fresh }];
    const group = (...names: string[]) => ({ hosts: Object.fromEntries(names.map(host)) as object });
    const children = { etcd: group('etcd-1', 'etcd-2'), kube_control_plane: group('master-1', 'master-2') };
    return { all: { children: { ...children, kube_node: group('worker-1') } } };
  }
});

/** Variables of holdfast's own, without those of the spec in the test's input. */
function ownVars(): string[] {
  const { vars } = inventoryInput.kubespray;
  const secrets = Object.fromEntries(varsWithFiles(vars).map((name) => [name, 'x']));
  return renderGroupVars(inventoryInput, secrets)
    .filter(({ path }) => path.endsWith('holdfast.yml'))
    .flatMap(({ content }) => Object.keys(load(content) as object));
}

/** Whether a file reads the variable; the line that gives it a default is no reading. */
function isRead(name: string): boolean {
  const word = new RegExp(`\\b${name}\\b`);
  return [...files]
    .filter(([path]) => !path.endsWith('.md'))
    .some(([, content]) =>
      content
        .split('\n')
        .some((line) => !line.startsWith(`${name}:`) && !line.startsWith('#') && word.test(line)),
    );
}

function text(path: string): string {
  const content = files.get(path);
  if (content === undefined) throw new Error(`lab/playbook has no ${path}`);
  return content;
}

function tasksOf(path: string): Task[] {
  const items = load(text(path)) as (Task & { tasks?: Task[] })[];
  if (!Array.isArray(items)) return [];
  return items.flatMap((item) => [item, ...(item.tasks ?? [])]);
}
