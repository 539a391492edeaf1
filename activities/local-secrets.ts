import type { InventoryInput } from '../cluster/steps.ts';
import { filesIn } from '../cluster/render/group-vars.ts';
import type { Deps } from './step.ts';

/** What must not show in a log: values of `fromFile`, whole and line by line, and sudo's passwords. */
export async function localSecrets(
  { kubespray, hosts }: Pick<InventoryInput, 'kubespray' | 'hosts'>,
  deps: Deps,
): Promise<readonly string[]> {
  const paths = [
    ...filesIn(kubespray.vars),
    ...hosts.flatMap(({ sudoPasswordFile }) => sudoPasswordFile ?? []),
  ];
  const secrets: string[] = [];
  for (const path of new Set(paths)) {
    // A file that is gone by now hides nothing: write-inventory complains about it.
    const text = await deps.readLocalFile(path).then(String, () => '');
    secrets.push(text.trim(), ...text.split('\n').map((line) => line.trim()));
  }
  // A word of three letters would blot out half of the log.
  return [...new Set(secrets)].filter((secret) => secret.length > 3).sort((a, b) => b.length - a.length);
}
