import type { Json } from '../cluster/cluster.ts';
import type { InventoryInput } from '../cluster/steps.ts';
import { fillIn, filesIn, renderGroupVars, varsWithFiles } from '../cluster/render/group-vars.ts';
import { renderInventory } from '../cluster/render/inventory.ts';
import { sh } from '../hosts/shell.ts';
import { type Deps, type StepBody, step } from './step.ts';
import { bastionPaths } from './bastion-paths.ts';
import { readLocalText } from './local-file.ts';
import { membersFirst } from './live-members.ts';

const body: StepBody<'write-inventory'> = async (call, tools) => {
  const { host, signal, deps } = tools;
  const { inventory, inventoryFile } = bastionPaths(call.cluster);
  const order = await membersFirst(call.hosts, tools);
  const files = [
    { path: inventoryFile, content: renderInventory(call, order), mode: 0o644 },
    ...renderGroupVars(call, await secretVars(call, host.name, deps)).map((file) => ({
      ...file,
      path: `${inventory}/${file.path}`,
    })),
    ...(await becomeVars(call, host.name, deps)).map((file) => ({
      ...file,
      path: `${inventory}/${file.path}`,
    })),
  ];
  const removed = await prepareFolder(inventory, files, tools);
  const written: string[] = [];
  for (const file of files) {
    const { changed } = await host.writeFile({ ...file, sudo: true, secret: file.mode === 0o600, signal });
    if (changed) written.push(file.path.slice(inventory.length + 1));
  }
  const changed = [...written, ...removed];
  return {
    changed: changed.length > 0,
    summary:
      changed.length > 0 ? `inventory written: ${changed.join(', ')}` : 'the inventory is as it should be',
  };
};

export const writeInventory = step('write-inventory', body);

/** The vars that name files on the worker's machine, filled in. */
async function secretVars(
  { kubespray: { vars } }: InventoryInput,
  host: string,
  deps: Deps,
): Promise<Record<string, Json>> {
  const names = varsWithFiles(vars);
  const paths = [...new Set(names.flatMap((name) => filesIn(vars[name] as Json)))];
  const content = new Map<string, string>();
  for (const path of paths) content.set(path, await readLocalText(path, host, deps));
  return Object.fromEntries(names.map((name) => [name, fillIn(vars[name] as Json, content)]));
}

/** Ansible needs the password where a host's sudo asks for one. `!unsafe`: braces in it are no template. */
async function becomeVars({ hosts }: InventoryInput, bastion: string, deps: Deps) {
  return Promise.all(
    hosts
      .filter((host) => host.sudoPasswordFile !== undefined)
      .map(async ({ name, sudoPasswordFile }) => ({
        path: `host_vars/${name}/become.yml`,
        content: `ansible_become_password: !unsafe ${JSON.stringify(await readLocalText(sudoPasswordFile as string, bastion, deps))}\n`,
        mode: 0o600,
      })),
  );
}

/** Makes the folders, and removes files of an earlier spec: Ansible would read them all. */
async function prepareFolder(
  inventory: string,
  files: readonly { path: string }[],
  { host, signal }: Parameters<StepBody<'write-inventory'>>[1],
): Promise<readonly string[]> {
  const folders = [...new Set(files.map(({ path }) => path.slice(0, path.lastIndexOf('/'))))];
  const { stdout } = await host.run(
    sh`set -e; install -d -m 0700 ${[...new Set([inventory.slice(0, inventory.lastIndexOf('/')), inventory, `${inventory}/group_vars`, `${inventory}/host_vars`, ...folders])]}; cd ${inventory}; find . -type f -printf '%P\\n'`,
    { sudo: true, signal },
  );
  const wanted = new Set(files.map(({ path }) => path.slice(inventory.length + 1)));
  const stale = stdout.split('\n').filter((path) => path !== '' && !wanted.has(path));
  if (stale.length > 0) await host.run(sh`cd ${inventory} && rm -f -- ${stale}`, { sudo: true, signal });
  return stale.map((path) => `${path} removed`);
}
