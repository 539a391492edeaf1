import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { metricsAddressFrom } from '../metrics/address.ts';
import type { Machine } from './machine.ts';
import { environmentFile, metricsAddress, stateFolder, temporalFile, unitFolder } from './paths.ts';
import { journalOf, stateOf, systemctl } from './systemd.ts';
import { type ServiceSettings, type Unit, unitsOf } from './units.ts';

export interface Installation {
  readonly machine: Machine;
  readonly settings: ServiceSettings;
  /** Path of Temporal's program; asked for only where a server is wanted. */
  readonly findTemporal: () => Promise<string>;
  /** Whether the worker whose metrics are at that address polls. */
  readonly polls: (address: string) => Promise<boolean>;
  /** ms between two looks whether it does. */
  readonly pauseMs?: number;
}

/**
 * Makes the machine run the units: looks, changes what differs, looks again. Returns what was changed, a line each;
 * nothing: it was so already. Needs root and systemd.
 */
export async function installService(installation: Installation): Promise<readonly string[]> {
  const { machine, settings } = installation;
  const changes: string[] = [];
  const change = async (line: string, make: () => Promise<unknown>): Promise<void> => {
    await make();
    changes.push(line);
  };
  await portsAreFree(machine, settings);
  await ensureUser(machine, settings.user, change);
  const restarts = new Set<string>();
  if (settings.server && (await placeTemporal(installation, change)))
    restarts.add('holdfast-temporal.service');
  await mayRun(machine, settings);
  if (!(await machine.read(environmentFile)))
    await change(`${environmentFile} written`, () =>
      machine.write(environmentFile, environmentText(settings), 0o600),
    );
  const units = unitsOf(settings);
  for (const { name, text } of units) {
    const path = `${unitFolder}/${name}`;
    if (String(await machine.read(path)) === text) continue;
    await change(`${name} written`, () => machine.write(path, text, 0o644));
    restarts.add(name);
  }
  if (changes.some((line) => /\.(service|timer) written$/.test(line)))
    await systemctl(machine, ['daemon-reload']);
  for (const unit of units.filter(({ starts }) => starts))
    await run(machine, unit, restarts.has(unit.name), change);
  await lookAgain(installation, units);
  return changes;
}

type Change = (line: string, make: () => Promise<unknown>) => Promise<void>;

/** Somebody else's server, most likely that of `holdfast dev`, would keep ours from starting, again and again. */
async function portsAreFree(machine: Machine, { server }: ServiceSettings): Promise<void> {
  if (!server || (await stateOf(machine, 'holdfast-temporal.service')).active === 'active') return;
  for (const port of [server.ports.port, server.ports.uiPort])
    if (await machine.answers(port))
      throw new Error(
        `port ${port} is taken by another program. Is it holdfast dev? Then: holdfast dev --stop; ` +
          'else take others: holdfast service install --port P --ui-port P',
      );
}

async function ensureUser(machine: Machine, user: string, change: Change): Promise<void> {
  const isThere = async (): Promise<boolean> => (await machine.run('id', ['--user', user])).code === 0;
  if (await isThere()) return;
  const comment = ['--comment', 'holdfast: Temporal and its worker'];
  const args = [
    '--system',
    '--user-group',
    '--home-dir',
    stateFolder,
    '--shell',
    '/usr/sbin/nologin',
    ...comment,
    user,
  ];
  await change(`user ${user} made`, () => machine.run('useradd', args));
  if (!(await isThere()))
    throw new Error(`there is no user ${user}, and useradd ${args.join(' ')} made none`);
}

async function placeTemporal({ machine, findTemporal }: Installation, change: Change): Promise<boolean> {
  const from = await findTemporal();
  const wanted = hashOf(await readFile(from));
  const found = await machine.read(temporalFile);
  if (found && hashOf(found) === wanted) return false;
  await change(`${temporalFile} written`, () => machine.copy(from, temporalFile, 0o755));
  return true;
}

/** A checkout in somebody's home, or a node of theirs, is often closed to all others. */
async function mayRun(machine: Machine, { user, node, main, server }: ServiceSettings): Promise<void> {
  const programs = [[node, main, '--help'], ...(server ? [[temporalFile, '--version']] : [])];
  for (const program of programs) {
    const { code, stderr } = await machine.run('runuser', ['-u', user, '--', ...program]);
    if (code === 0) continue;
    throw new Error(
      `the user ${user} cannot run ${program.join(' ')} (${code}): ${stderr.slice(-500)}\n` +
        'Put holdfast, and node, where every user may read them, say in /opt/holdfast and /usr/local; or: --user NAME',
    );
  }
}

async function run(machine: Machine, { name }: Unit, isNew: boolean, change: Change): Promise<void> {
  const { active, enabled } = await stateOf(machine, name);
  if (enabled !== 'enabled')
    await change(`${name} enabled`, () => systemctl(machine, ['enable', '--quiet', name]));
  if (active !== 'active') await change(`${name} started`, () => systemctl(machine, ['start', name]));
  else if (isNew) await change(`${name} started anew`, () => systemctl(machine, ['restart', name]));
}

async function lookAgain(
  { machine, polls, pauseMs = 500 }: Installation,
  units: readonly Unit[],
): Promise<void> {
  const settings = String((await machine.read(environmentFile)) ?? '');
  const moved = /^HOLDFAST_METRICS_ADDRESS="?([^"\n]*)/m.exec(settings)?.[1];
  const address = metricsAddressFrom({ HOLDFAST_METRICS_ADDRESS: moved }) ?? metricsAddress;
  for (let attempt = 0; !(await polls(address)); attempt += 1) {
    if (attempt === 60)
      throw new Error(
        `the worker does not poll (its metrics at ${address} would say so):\n${await journalOf(machine, 'holdfast-worker.service')}`,
      );
    await pause(pauseMs);
  }
  for (const { name } of units.filter(({ starts }) => starts)) {
    const { active, enabled } = await stateOf(machine, name);
    if (active !== 'active' || enabled !== 'enabled')
      throw new Error(`${name} is ${active} and ${enabled || 'unknown'}:\n${await journalOf(machine, name)}`);
  }
}

function environmentText({ server }: ServiceSettings): string {
  const temporal = server
    ? '# Temporal is the one of this machine.'
    : '# TEMPORAL_ADDRESS=temporal.example.com:7233\n# TEMPORAL_NAMESPACE=default';
  return `# The environment of holdfast-worker.service, read by root. After a change: systemctl restart holdfast-worker
${temporal}
# The key that opens backups; without it nobody is promoted. A file that the worker's user may read.
# HOLDFAST_BACKUP_IDENTITY=${stateFolder}/backup-identity
# HOLDFAST_WEBHOOK_URL=https://…
# HOLDFAST_WEBHOOK_SECRET_FILE=${stateFolder}/webhook-secret
`;
}

const hashOf = (content: Buffer): string => createHash('sha256').update(content).digest('hex');
