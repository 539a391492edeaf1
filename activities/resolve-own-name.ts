import { sh } from '../hosts/shell.ts';
import { type StepBody, notYet, step } from './step.ts';

/**
 * A Kubespray node asks the cluster's DNS, which is half dead when control-plane nodes are lost: each sudo then waited
 * 4 to 8 s for the host's own name. Looked at without sudo.
 */
const body: StepBody<'resolve-own-name'> = async (_call, { host, signal }) => {
  const known = async () => (await host.run(look, { signal, ok: [0, 1] })).code === 0;
  if (await known()) return { changed: false, summary: '/etc/hosts has its own name' };
  await host.run(
    sh`name=$(uname -n); [ -z "$(tail -c 1 /etc/hosts)" ] || echo >> /etc/hosts; printf '127.0.1.1 %s\n' "$name" >> /etc/hosts`,
    // The last one that has to wait.
    { sudo: true, signal, timeout: 60 },
  );
  if (!(await known()))
    throw notYet(
      host.name,
      'its own name is not in /etc/hosts after it was written there',
      `Does something else write /etc/hosts on ${host.name}?`,
    );
  return { changed: true, summary: 'its own name put into /etc/hosts' };
};

export const resolveOwnName = step('resolve-own-name', body);

const look = sh`awk -v name="$(uname -n)" '!/^[ \t]*#/ { for (i = 2; i <= NF && $i !~ /^#/; i++) if ($i == name) found = 1 } END { exit !found }' /etc/hosts`;
