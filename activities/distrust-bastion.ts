import { hostName } from '../hosts/known-hosts.ts';
import { sh } from '../hosts/shell.ts';
import { bastionPaths } from './bastion-paths.ts';
import { type StepBody, step } from './step.ts';

/** A host that left the cluster lets the bastions' own keys in no more, and they forget its host key. */
const body: StepBody<'distrust-bastion'> = async (call, { host, other, signal }) => {
  const changes: boolean[] = [];
  for (const bastion of call.bastions) {
    const note = `holdfast:${call.cluster}:${bastion}`;
    const shutOut = await host.run(
      sh`
set -eu
umask 077
file=~/.ssh/authorized_keys
ours() { awk -v note=${note} '$NF == note' "$file"; }
if [ ! -e "$file" ] || [ "$(ours)" = '' ]; then echo no; exit 0; fi
awk -v note=${note} '$NF != note' "$file" > "$file.holdfast"
mv -f -- "$file.holdfast" "$file"
[ "$(ours)" = '' ] && echo yes`,
      { signal },
    );
    const { knownHosts, root } = bastionPaths(call.cluster);
    const name = hostName(call.target.address, call.target.port);
    const forgotten = await other(bastion).run(
      sh`
set -eu
umask 077
if [ ! -e ${knownHosts} ] || ! awk -v name=${name} '$1 == name { found = 1 } END { exit !found }' ${knownHosts}; then echo no; exit 0; fi
exec 9>> ${root}/ssh/lock
flock -w 30 9
awk -v name=${name} '$1 != name' ${knownHosts} > ${knownHosts}.new
mv -f -- ${knownHosts}.new ${knownHosts}
echo yes`,
      { sudo: true, signal },
    );
    changes.push(shutOut.stdout.trim() === 'yes', forgotten.stdout.trim() === 'yes');
  }
  const names = call.bastions.join(', ');
  return changes.includes(true)
    ? { changed: true, summary: `lets ${names} in no more` }
    : { changed: false, summary: `does not let ${names} in` };
};

export const distrustBastion = step('distrust-bastion', body);
