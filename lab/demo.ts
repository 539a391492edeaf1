import { access, mkdir, readFile, writeFile } from 'node:fs/promises';
import { generateIdentity, identityToRecipient } from 'age-encryption';
import { demoAddress, demoCluster, demoSpec } from './demo-spec.ts';
import { labVars } from './offline-vars.ts';
import { labPaths } from './paths.ts';
import type { Supplies } from './supplies.ts';

/** Writes the demo's spec file into the lab's state folder, with a key for its backups. Returns the file's path. */
export async function writeDemoSpec(supplies?: Supplies): Promise<string> {
  const paths = labPaths(demoCluster);
  await mkdir(paths.dir, { recursive: true });
  const recipient = await identityToRecipient(await backupIdentity(paths.backupIdentity));
  const vars = labVars(demoAddress, { cgroupV1: await cgroupV1() }, supplies);
  const provisioner = supplies?.provisioner;
  await writeFile(paths.spec, demoSpec({ paths, recipient, vars, ...(provisioner && { provisioner }) }));
  return paths.spec;
}

async function backupIdentity(file: string): Promise<string> {
  await writeFile(file, `${await generateIdentity()}\n`, { mode: 0o600, flag: 'wx' }).catch(
    (error: unknown) => {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    },
  );
  return (await readFile(file, 'utf8')).trim();
}

/** True where this machine's cgroups are version 1, or the hybrid of both. */
export function cgroupV1(): Promise<boolean> {
  return access('/sys/fs/cgroup/cgroup.controllers').then(
    () => false,
    () => true,
  );
}
