import { expect } from 'vitest';
import type { StoryLab } from './story-lab.ts';

/** Names, ids and starts of the containers on a node that are no part of the control plane, a line each. */
export function containersOf({ on }: StoryLab, host: string): Promise<string> {
  return on(
    host,
    `crictl ps -q | xargs -r -n1 crictl inspect -o go-template --template '{{.status.metadata.name}} {{.status.id}} {{.status.startedAt}}' | grep -vE '^kube-(apiserver|controller-manager|scheduler) ' | sort`,
  );
}

/** The one pod of ours that leads by a lease in the API, and ends itself once it cannot renew that for 10 s. */
const leads = 'nfs-subdir-external-provisioner';

/** A node's own pods did not restart; one that ended itself when the API was gone says so in its log. */
export async function expectUntouched(lab: StoryLab, host: string, before: string): Promise<void> {
  const now = await containersOf(lab, host);
  const isOther = (line: string) => !line.startsWith(`${leads} `);
  const [was, is] = [before, now].map((lines) => lines.split('\n'));
  expect(is?.filter(isOther)).toEqual(was?.filter(isOther));
  if (now === before) return;
  const [id = ''] =
    was
      ?.find((line) => !isOther(line))
      ?.split(' ')
      .slice(1) ?? [];
  expect(await lab.on(host, `crictl logs --tail 20 ${id} 2>&1`)).toContain('Leaderelection lost');
}
