import type { Host } from '../hosts/host.ts';
import { sh } from '../hosts/shell.ts';
import { bastionSsh } from './bastion-ssh.ts';
import { type StepBody, notYet, problem, step } from './step.ts';

const path = '/usr/local/bin/kubectl';

/** No worker node has it, and who mends a control-plane node expects it there. From the bastion itself: 60 MB. */
const body: StepBody<'copy-kubectl'> = async (call, { host, other, signal }) => {
  const bastion = other(call.bastion);
  const [wanted, present] = await Promise.all([sumOn(bastion, signal), sumOn(host, signal)]);
  if (wanted === '') throw problem(bastion.name, `it has no ${path}`, 'holdfast up installs it.');
  if (present === wanted) return { changed: false, summary: `${path} is the bastion’s` };
  await bastion.run(
    sh`${bastionSsh(call.cluster, call.target)} 'umask 077; cat > "$HOME/.holdfast-kubectl"' < ${path}`,
    { sudo: true, signal, timeout: 120 },
  );
  await host.run(
    sh`set -eu; file=$(getent passwd ${call.target.user} | cut -d: -f6)/.holdfast-kubectl; trap 'rm -f -- "$file"' EXIT
[ "$(sha256sum < "$file" | cut -c 1-64)" = ${wanted} ] || { echo 'it did not arrive whole' >&2; exit 75; }
install -m 0755 -- "$file" ${path}.new; mv -f -- ${path}.new ${path}`,
    { sudo: true, signal },
  );
  if ((await sumOn(host, signal)) !== wanted)
    throw notYet(host.name, `${path} is not the bastion’s after it was copied`, `Look at ${path} there.`);
  return { changed: true, summary: `${path} copied from ${bastion.name}` };
};

export const copyKubectl = step('copy-kubectl', body);

async function sumOn(host: Host, signal: AbortSignal): Promise<string> {
  const { stdout } = await host.run(sh`sha256sum < ${path} 2>/dev/null || true`, { sudo: true, signal });
  return stdout.slice(0, 64).trim();
}
