import type { Role } from '../cluster/cluster.ts';
import type { HostFacts } from '../cluster/facts.ts';
import { memoryFloors } from '../cluster/preflight/sizes.ts';
import { familyOf, otherPython } from '../cluster/operating-systems.ts';
import { isPythonIn, pythonsFor, releaseOf } from '../cluster/versions.ts';
import type { Host } from '../hosts/host.ts';
import { readFacts } from './host-facts.ts';
import { pythonIn, pythonsOn, spanOf, versionsOf } from './pythons.ts';
import { type StepBody, problem, step } from './step.ts';

/** Megabytes of memory below which a role does not work; for nodes, Kubespray's own assertions. */
const memory: Readonly<Record<Role, number>> = {
  bastion: 512,
  'load-balancer': 256,
  etcd: 512,
  'control-plane': memoryFloors.controlPlane,
  worker: memoryFloors.node,
  'nfs-server': 256,
};

/** Free megabytes below which a bring-up fails half way: binaries and images, a venv with Ansible, snapshots. */
const disk: Readonly<Record<Role, number>> = {
  bastion: 1024,
  'load-balancer': 256,
  etcd: 512,
  'control-plane': 2048,
  worker: 2048,
  'nfs-server': 512,
};

const body: StepBody<'check-resources'> = async ({ roles, kubespray }, { host, signal }) => {
  const facts = await readFacts(host, signal);
  const wrong = [...memoryProblems(roles, facts), ...diskProblems(roles, facts)];
  if (facts.python === undefined) wrong.push('python3 is missing (Ansible and the network check need it)');
  else if (kubespray !== undefined) wrong.push(...(await pythonProblems(kubespray, facts, host, signal)));
  if (wrong.length > 0)
    throw problem(
      host.name,
      wrong.join('; '),
      `Mend this on ${host.name}, or give it other roles; then: holdfast retry --host ${host.name}`,
    );
  const free = Math.min(...Object.values(facts.freeMb));
  return {
    changed: false,
    summary: `${facts.memoryMb} MB memory, ${facts.cpus} CPUs, ${free} MB free, Python ${facts.python}`,
  };
};

export const checkResources = step('check-resources', body);

function memoryProblems(roles: readonly Role[], { memoryMb }: HostFacts): string[] {
  const floor = Math.max(...roles.map((role) => memory[role]));
  return memoryMb < floor ? [`${memoryMb} MB of memory; ${roles.join(' and ')} needs ${floor} MB`] : [];
}

function diskProblems(roles: readonly Role[], { freeMb }: HostFacts): string[] {
  const floor = Math.max(...roles.map((role) => disk[role]));
  return Object.entries(freeMb)
    .filter(([path, free]) => free < (path === '/tmp' ? 100 : floor))
    .map(([path, free]) => `${free} MB free under ${path}; ${path === '/tmp' ? 100 : floor} MB needed`);
}

/** On a bastion: no Python that its Ansible runs on is there, and its system has none to install. */
async function pythonProblems(
  kubespray: string,
  { os }: HostFacts,
  host: Host,
  signal: AbortSignal,
): Promise<string[]> {
  const ansibleCore = releaseOf(kubespray)?.ansibleCore;
  const range = pythonsFor(ansibleCore ?? '');
  const family = familyOf(os);
  if (ansibleCore === undefined || range === undefined || family === undefined) return [];
  const found = await pythonsOn(host, [], signal);
  const other = otherPython(family, os);
  if (pythonIn(found, range) || (other && isPythonIn(other.version, range))) return [];
  return [
    `Kubespray ${kubespray} runs on Python ${spanOf(range)} (ansible-core ${ansibleCore}); there is ${versionsOf(found)}, and ${os.prettyName} has no other to install`,
  ];
}
