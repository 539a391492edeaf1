import type { SshTarget } from '../cluster/cluster.ts';
import type { StepCall } from '../cluster/steps.ts';
import type { Host } from '../hosts/host.ts';
import { hostName } from '../hosts/known-hosts.ts';
import { sh } from '../hosts/shell.ts';
import { bastionPaths } from './bastion-paths.ts';
import { bastionSsh } from './bastion-ssh.ts';
import { type StepBody, notYet, step } from './step.ts';

/**
 * Ansible on the bastion goes on to the other hosts with a key of the bastion's own, and knows their host keys as we
 * verified them: the person's key never leaves the worker's machine, and host key checking stays on.
 */
const body: StepBody<'trust-bastion'> = async (call, { host, other, signal }) => {
  const hostKey = await host.hostKey();
  const target = { ...call.target, address: call.address ?? call.target.address };
  const changes: boolean[] = [];
  for (const name of call.bastions) {
    const bastion = other(name);
    const filed = await fileHostKey(bastion, { ...call, target }, hostKey, signal);
    const letIn = await authorise(host, call, bastionTarget(call, name), filed.publicKey, signal);
    if (letIn || filed.changed) await tryIt(bastion, { ...call, target }, signal);
    changes.push(letIn, filed.changed);
  }
  const names = call.bastions.join(', ');
  return changes.includes(true)
    ? { changed: true, summary: `lets ${names} in, which knows its host key` }
    : { changed: false, summary: `lets ${names} in` };
};

export const trustBastion = step('trust-bastion', body);

function bastionTarget(call: StepCall<'trust-bastion'>, name: string): SshTarget {
  return name === call.target.name ? call.target : (call.others[name] as SshTarget);
}

/**
 * Makes the bastion's key pair where there is none, and files this host's key. Steps of all hosts come here at once,
 * so all of it stands under a lock.
 */
async function fileHostKey(
  bastion: Host,
  { cluster, target }: StepCall<'trust-bastion'>,
  hostKey: string,
  signal: AbortSignal,
): Promise<{ publicKey: string; changed: boolean }> {
  const { root, sshKey, knownHosts } = bastionPaths(cluster);
  const name = hostName(target.address, target.port);
  const { stdout } = await bastion.run(
    sh`
set -eu
umask 077
mkdir -p -m 0700 -- ${root} ${root}/ssh
exec 9>> ${root}/ssh/lock
flock -w 30 9
changed=no
if [ ! -s ${sshKey} ] || [ ! -s ${sshKey}.pub ]; then
  rm -f -- ${sshKey} ${sshKey}.pub
  ssh-keygen -q -t ed25519 -N '' -C ${`holdfast:${cluster}:${bastion.name}`} -f ${sshKey}
  changed=yes
fi
[ -e ${knownHosts} ] || : > ${knownHosts}
if [ "$(awk -v name=${name} '$1 == name' ${knownHosts})" != ${`${name} ${hostKey}`} ]; then
  { awk -v name=${name} '$1 != name' ${knownHosts}; echo ${`${name} ${hostKey}`}; } > ${knownHosts}.new
  mv -f -- ${knownHosts}.new ${knownHosts}
  changed=yes
fi
echo "$changed"
cut -d ' ' -f 1,2 ${sshKey}.pub`,
    { sudo: true, signal },
  );
  const [changed, publicKey = ''] = stdout.split('\n');
  return { changed: changed === 'yes', publicKey };
}

/** Lets the key in from the bastion's addresses alone: as the spec names them, and as this host sees it now. */
async function authorise(
  host: Host,
  { cluster, target, from }: StepCall<'trust-bastion'>,
  bastion: SshTarget,
  publicKey: string,
  signal: AbortSignal,
): Promise<boolean> {
  const throughIt = target.via?.address === bastion.address;
  const addresses = from?.[bastion.name] ?? [bastion.address];
  const note = `holdfast:${cluster}:${bastion.name}`;
  const { stdout } = await host.run(
    sh`
set -eu
umask 077
seen=\${SSH_CONNECTION%% *}
from=${addresses.join(',')}
if [ ${throughIt ? 'yes' : 'no'} = yes ]; then
  case ",$from," in *",$seen,"*) ;; *) from="$from,$seen" ;; esac
fi
line='from="'"$from"'",no-agent-forwarding,no-port-forwarding,no-X11-forwarding '${`${publicKey} ${note}`}
mkdir -p -m 0700 ~/.ssh
file=~/.ssh/authorized_keys
[ -e "$file" ] || : > "$file"
ours() { awk -v note=${note} '$NF == note' "$file"; }
if [ "$(ours)" = "$line" ]; then echo no; exit 0; fi
{ awk -v note=${note} '$NF != note' "$file"; printf '%s\n' "$line"; } > "$file.holdfast"
mv -f -- "$file.holdfast" "$file"
[ "$(ours)" = "$line" ] && echo yes`,
    { signal },
  );
  return stdout.trim() === 'yes';
}

/** Goes the way that Ansible will go. */
async function tryIt(bastion: Host, { cluster, target }: StepCall<'trust-bastion'>, signal: AbortSignal) {
  const { code, stderr } = await bastion.run(sh`${bastionSsh(cluster, target)} true < /dev/null`, {
    sudo: true,
    signal,
    ok: 'any',
  });
  if (code !== 0)
    throw notYet(
      bastion.name,
      `${bastion.name} cannot log in to ${target.name} with its own key: ${stderr.trim().split('\n').at(-1) ?? ''}`,
      `Look at sshd's log on ${target.name} (journalctl -u ssh): are AuthorizedKeysFile and AllowUsers as usual?`,
    );
}
