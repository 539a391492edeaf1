import { createHash } from 'node:crypto';
import type { Host } from '../hosts/host.ts';
import { sh } from '../hosts/shell.ts';
import { isPythonIn, pythonsFor } from '../cluster/versions.ts';
import { type StepBody, type StepTools, notYet, problem, step } from './step.ts';
import { ensureBastionPackages } from './bastion-packages.ts';
import { bastionPaths } from './bastion-paths.ts';
import { systemOn } from './family.ts';
import { ensurePackages } from './packages.ts';
import { pythonIn, pythonsOn, spanOf, versionsOf } from './pythons.ts';

type Paths = ReturnType<typeof bastionPaths>;

const body: StepBody<'install-ansible'> = async (call, tools) => {
  const { host, signal } = tools;
  const paths = bastionPaths(call.cluster);
  const requirements = await host.readFile(`${paths.checkout}/requirements.txt`, { sudo: true, signal });
  if (!requirements)
    throw problem(
      host.name,
      `${paths.checkout} has no requirements.txt`,
      'kubespray.source must be a Kubespray: run fetch-kubespray again.',
    );
  await ensureBastionPackages(host, tools);
  const range = await ansibleRange(host, paths, signal);
  const python = await ensurePython(range, tools);
  const key = createHash('sha256').update(requirements).update(python.version).digest('hex').slice(0, 12);
  const venv = paths.venv(key);
  const record = `${JSON.stringify({ venv, python: python.version }, null, 2)}\n`;
  const before = await ansibleVersion(host, venv, signal);
  if (before === undefined) await make(paths, venv, python.command, tools);
  const version = before ?? (await ansibleVersion(host, venv, signal));
  if (version === undefined)
    throw notYet(
      host.name,
      `${venv}/bin/ansible does not run after it was installed`,
      `Run ${venv}/bin/ansible --version as root on ${host.name}.`,
    );
  refuseOutside(host, range, version);
  const written = await host.writeFile({
    path: paths.venvRecord,
    content: record,
    mode: 0o600,
    sudo: true,
    signal,
  });
  const changed = before === undefined || written.changed;
  return {
    changed,
    summary: `ansible-core ${version} with Python ${python.version}${changed ? ' installed' : ' is there'}`,
  };
};

export const installAnsible = step('install-ansible', body);

/** What Kubespray says of ansible-core: from `lowest` up to, not with, `below`. */
interface AnsibleRange {
  readonly lowest: string | undefined;
  readonly below: string | undefined;
}

/** Kubespray names the range itself, and every playbook would end with it; a playbook without one takes any. */
async function ansibleRange(host: Host, paths: Paths, signal: AbortSignal): Promise<AnsibleRange> {
  const file = `${paths.checkout}/playbooks/ansible_version.yml`;
  const text = (await host.readFile(file, { sudo: true, signal }))?.toString() ?? '';
  const bound = (name: string) => new RegExp(`^\\s*${name}:\\s*([0-9.]+)`, 'm').exec(text)?.[1];
  return { lowest: bound('minimal_ansible_version'), below: bound('maximal_ansible_version') };
}

/** A Python with venv that this ansible-core runs on: one that is there, else the one that the system has beside its own. */
async function ensurePython({ lowest = '' }: AnsibleRange, tools: StepTools) {
  const { host, signal } = tools;
  const range = pythonsFor(lowest);
  const found = await pythonsOn(host, ['ensurepip'], signal);
  const { family, python: other } = await systemOn(host, signal);
  const fitting = pythonIn(found, range);
  if (fitting) return fitting;
  if (other && isPythonIn(other.version, range)) {
    await ensurePackages(host, family, other.packages, tools);
    const installed = pythonIn(await pythonsOn(host, ['ensurepip'], signal), range);
    if (installed) return installed;
    throw notYet(
      host.name,
      `${other.command} cannot make a venv after ${other.packages.join(' ')} was installed`,
      `Run ${other.command} -m venv on ${host.name}.`,
    );
  }
  throw problem(
    host.name,
    range === undefined || found.length === 0
      ? 'no python3 that can make a venv'
      : `ansible-core ${lowest} runs on Python ${spanOf(range)}; with venv there is ${versionsOf(found)}`,
    range === undefined
      ? 'Install python3 with its venv and ensurepip modules (Debian: python3-venv).'
      : `Install one of Python ${spanOf(range)} with its venv module as python3.N, or take a host with another system as bastion.`,
  );
}

/** Undefined: no finished venv there, or its ansible does not run. */
async function ansibleVersion(host: Host, venv: string, signal: AbortSignal): Promise<string | undefined> {
  const { code, stdout } = await host.run(
    sh`test -e ${venv}/complete && LC_ALL=C.UTF-8 ${venv}/bin/ansible --version`,
    { sudo: true, signal, ok: 'any' },
  );
  return code === 0 ? /\[core ([0-9][^\]]*)\]/.exec(stdout)?.[1] : undefined;
}

/**
 * A venv cannot be moved into place, so a marker written last says that it is whole. The lock lets an attempt wait
 * for the one before it, which may still run on the bastion after its connection was lost.
 */
async function make(paths: Paths, venv: string, python: string, { host, outside, signal }: StepTools) {
  const script = sh`set -e
if [ -e ${venv}/complete ] && ${venv}/bin/ansible --version >/dev/null 2>&1; then exit 0; fi
rm -rf ${venv}; ${python} -m venv ${venv}
${venv}/bin/pip install --quiet --no-input --disable-pip-version-check -r ${paths.checkout}/requirements.txt
touch ${venv}/complete`;
  await outside(
    host,
    sh`install -d -m 0700 ${paths.root} && exec flock ${paths.root}/venv.lock sh -c ${script.text}`,
    { sudo: true, signal, timeout: 1500 },
  );
}

function refuseOutside(host: Host, { lowest, below }: AnsibleRange, version: string): void {
  if ((lowest && compare(version, lowest) < 0) || (below && compare(version, below) >= 0))
    throw problem(
      host.name,
      `ansible-core ${version} is outside of what this Kubespray takes (${lowest ?? ''} up to, not with, ${below ?? ''})`,
      'Its requirements.txt and playbooks/ansible_version.yml contradict each other: take a released version.',
    );
}

function compare(one: string, other: string): number {
  const numbers = (version: string) => version.split('.').map((part) => parseInt(part, 10) || 0);
  const [a, b] = [numbers(one), numbers(other)];
  return [0, 1, 2].map((i) => (a[i] ?? 0) - (b[i] ?? 0)).find((difference) => difference !== 0) ?? 0;
}
