import type { Host, JobSpec } from '../hosts/host.ts';
import { sh } from '../hosts/shell.ts';
import { bastionPaths } from './bastion-paths.ts';
import { shippedFile } from './shipped-file.ts';

const plugin = 'holdfast_progress.py';

/** How ansible-playbook is run on the bastion: all that could come from somewhere else is said here. */
export function playbookJob(wanted: {
  cluster: string;
  job: string;
  /** One after another, each with its arguments. */
  playbooks: readonly (readonly string[])[];
  venv: string;
  /** Hosts of the inventory. */
  hosts: number;
}): JobSpec & { progressFile: string } {
  const paths = bastionPaths(wanted.cluster);
  const dir = paths.run(wanted.job);
  const progressFile = `${dir}/progress.jsonl`;
  const knownHosts = `-o UserKnownHostsFile=${paths.knownHosts} -o GlobalKnownHostsFile=/dev/null -o StrictHostKeyChecking=yes`;
  return {
    name: wanted.job,
    dir,
    progressFile,
    cwd: paths.checkout,
    command: wanted.playbooks
      .map((args) => sh`${wanted.venv}/bin/ansible-playbook -i ${paths.inventoryFile} --become ${args}`)
      .reduce((before, next) => sh`${before} && ${next}`),
    env: {
      HOME: '/root',
      LC_ALL: 'C.UTF-8',
      PATH: `${wanted.venv}/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin`,
      PYTHONDONTWRITEBYTECODE: '1',
      // roles_path of Kubespray's ansible.cfg names it.
      VIRTUAL_ENV: wanted.venv,
      ANSIBLE_CONFIG: `${paths.checkout}/ansible.cfg`,
      ANSIBLE_NOCOLOR: '1',
      ANSIBLE_CALLBACK_PLUGINS: paths.plugins,
      ANSIBLE_CALLBACKS_ENABLED: 'holdfast_progress',
      HOLDFAST_PROGRESS_FILE: progressFile,
      // Kubespray's own settings turn host keys off.
      ANSIBLE_HOST_KEY_CHECKING: 'True',
      ANSIBLE_SSH_ARGS: `-o ControlMaster=auto -o ControlPersist=30m -o ConnectionAttempts=5 -o ServerAliveInterval=15 -o IdentitiesOnly=yes ${knownHosts}`,
      ANSIBLE_PRIVATE_KEY_FILE: paths.sshKey,
      ANSIBLE_SSH_CONTROL_PATH_DIR: paths.sshControl,
      ANSIBLE_PIPELINING: 'True',
      ANSIBLE_FORKS: String(Math.min(50, Math.max(5, wanted.hosts))),
      // The default is /tmp, keyed by host name alone: two clusters with a master-1 would share what they know.
      ANSIBLE_CACHE_PLUGIN: 'jsonfile',
      ANSIBLE_CACHE_PLUGIN_CONNECTION: paths.factCache,
      ANSIBLE_LOCAL_TEMP: `${dir}/tmp`,
      ANSIBLE_RETRY_FILES_ENABLED: 'False',
    },
  };
}

/** Puts the callback plugin beside the checkout, never into it. */
export async function installProgressPlugin(host: Host, cluster: string, signal: AbortSignal): Promise<void> {
  const { plugins } = bastionPaths(cluster);
  await host.run(sh`install -d -m 0700 ${plugins}`, { sudo: true, signal });
  const content = await shippedFile('ansible', plugin);
  await host.writeFile({ path: `${plugins}/${plugin}`, content, mode: 0o644, sudo: true, signal });
}
