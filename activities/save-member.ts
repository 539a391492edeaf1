import { sh } from '../hosts/shell.ts';
import { restoreLock } from './restore/lock.ts';
import { etcdSettings, restorePaths } from './restore/paths.ts';
import { type StepBody, problem, step } from './step.ts';

/**
 * What the member held stays where it was, under another name: a rename in one folder, so it needs no room and is done
 * or not done. Nothing takes it away again; that is a person's.
 */
const body: StepBody<'save-member'> = async (call, { host, signal }) => {
  const { saved } = restorePaths(call);
  const { stdout } = await host.run(
    sh`set -eu
${etcdSettings}
${restoreLock}
kept=$data/${saved}; part=$data/${`.${saved}.part`}
if [ -d "$kept" ]; then echo "there $kept"; exit 0; fi
case $(systemctl show -p ActiveState --value etcd) in inactive|failed) ;; *) echo running; exit 0;; esac
install -d -m 0700 "$part"; chown --reference="$data" -- "$part"
if [ ! -e "$part/member" ] && [ -e "$data/member" ]; then mv -- "$data/member" "$part/member"; fi
mv -T -- "$part" "$kept"; sync -- "$data"
if [ -e "$kept/member" ]; then echo "kept $kept $(du -sm "$kept" | cut -f 1)"; else echo "empty $kept"; fi`,
    { sudo: true, signal, timeout: 120 },
  );
  const [how, path = '', size = ''] = stdout.trim().split(' ');
  if (how === 'running')
    throw problem(
      host.name,
      'etcd runs: its data is not touched',
      `What started it on ${host.name}? Stop it, then retry.`,
    );
  if (how === 'there') return { changed: false, summary: `what it held is in ${path}` };
  return {
    changed: true,
    summary: how === 'kept' ? `what it held (${size} MB) is in ${path}` : 'it held nothing',
  };
};

export const saveMember = step('save-member', body);
