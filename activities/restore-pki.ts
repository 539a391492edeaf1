import { kubernetesVersionOf } from '../cluster/control-plane-images.ts';
import { promotedKubeadmConfig } from '../cluster/render/promoted-kubeadm-config.ts';
import type { StepCall } from '../cluster/steps.ts';
import type { Host } from '../hosts/host.ts';
import { sh } from '../hosts/shell.ts';
import { candidateLock } from './candidate-lock.ts';
import { type PkiBackup, newestPki } from './newest-pki.ts';
import { backupKeys } from './open-backup.ts';
import { whyUnfit } from './pki-material.ts';
import { type StepBody, problem, step } from './step.ts';
import { type TarEntry, tarOf, withContent } from './tar.ts';

const body: StepBody<'restore-pki'> = async (call, { host, other, signal, deps }) => {
  const keys = await backupKeys(deps);
  const [found, ownCa] = await Promise.all([
    newestPki(call.places.map(other), call.cluster, keys, signal),
    ownCaOf(host, signal),
  ]);
  if ('problem' in found) throw problem(host.name, found.why, helpWithout[found.problem] ?? lookAtBackups);
  const unfit = whyUnfit(found.files, ownCa) ?? whyOtherVersion(found, call);
  if (unfit !== undefined)
    throw problem(
      host.name,
      `${found.name} of ${found.from} does not fit: ${unfit}`,
      'Nothing was changed. Put a backup that fits into the folder of backups, or restore a control-plane node from one.',
    );
  const files = await place(host, withOwnConfig(found, call), signal);
  return {
    changed: files.length > 0,
    summary: `${found.name} of ${found.from}: ${files.length > 0 ? `${files.length} files restored` : 'all of it is there'}`,
  };
};

export const restorePki = step('restore-pki', body);

const lookAtBackups = 'Nothing was changed. Look at /var/lib/holdfast/CLUSTER/backups on the places named.';
const helpWithout: Readonly<Record<string, string>> = {
  'backup-key':
    'Nothing was changed. Put the age identity of one of the spec’s recipients into the file that HOLDFAST_BACKUP_IDENTITY names on the worker’s machine.',
};

/** The one that its kubelet trusts: what makes it a node of this cluster and of no other. */
async function ownCaOf(host: Host, signal: AbortSignal): Promise<string> {
  const { stdout } = await host.run(sh`cat /etc/kubernetes/ssl/ca.crt`, { sudo: true, signal });
  return stdout;
}

/** An API server of another version than the cluster's last one might not understand what etcd holds. */
function whyOtherVersion({ files }: PkiBackup, call: StepCall<'restore-pki'>): string | undefined {
  const config = files.get('kubeadm-config.yaml');
  if (!config) return 'it lacks kubeadm-config.yaml';
  const version = orMessage(() => kubernetesVersionOf(config.toString()));
  if (version === call.kubernetes.version) return undefined;
  return `it is of Kubernetes ${version}, and the spec says ${call.kubernetes.version}`;
}

function withOwnConfig({ entries, name }: PkiBackup, call: StepCall<'restore-pki'>): readonly TarEntry[] {
  try {
    return entries.map((entry) =>
      entry.path === 'etc/kubernetes/kubeadm-config.yaml'
        ? withContent(entry, Buffer.from(promotedKubeadmConfig(entry.content.toString(), call.candidate)))
        : entry,
    );
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw problem(call.candidate.name, `${name}: ${error.message}`, lookAtBackups);
  }
}

/**
 * One command: each file is compared, and moved into its place whole. Files of other users than root are given to
 * Kubespray's, by name: numbers mean other users on other hosts. Returns the paths of those that differed.
 */
async function place(host: Host, entries: readonly TarEntry[], signal: AbortSignal): Promise<string[]> {
  const { stdout } = await host.run(
    sh`set -eu; umask 077
cd /etc/kubernetes
${candidateLock}
rm -rf -- .holdfast-restore.*
new=$(mktemp -d .holdfast-restore.XXXXXXXX); trap 'rm -rf -- "/etc/kubernetes/$new"' EXIT
tar -C "$new" --numeric-owner -xpf -
cd "$new"
[ "$(find etc/kubernetes -mindepth 1 ! -path etc/kubernetes/ssl | wc -l)" -ge ${entries.filter(({ path }) => path !== 'etc/kubernetes/ssl').length} ] || { echo 'the files did not arrive whole' >&2; exit 75; }
me=$(id -u)
user=$(id -u kube 2>/dev/null || echo "$me"); group=$(getent group kube-cert | cut -d: -f3); group=\${group:-$(id -g)}
find etc -mindepth 2 ! -uid "$me" -exec chown -h "$user" {} +
find etc -mindepth 2 ! -gid "$(id -g)" -exec chgrp -h "$group" {} +
cd etc/kubernetes
find . -mindepth 1 -type d | while read -r dir; do
  [ -d "/etc/kubernetes/$dir" ] || { mkdir "/etc/kubernetes/$dir"; chown --reference="$dir" "/etc/kubernetes/$dir"; chmod --reference="$dir" "/etc/kubernetes/$dir"; }
done
same() { [ ! -L "$1" ] && [ ! -L "$2" ] && cmp -s "$1" "$2" && [ "$(stat -c '%a %u %g' "$1" "$2" | uniq | wc -l)" = 1 ]; }
find . ! -type d | while read -r file; do
  same "$file" "/etc/kubernetes/$file" || { mv -fT -- "$file" "/etc/kubernetes/$file"; echo "$file"; }
done
[ -e /etc/kubernetes/pki ] || ln -s /etc/kubernetes/ssl /etc/kubernetes/pki`,
    { sudo: true, signal, stdin: tarOf(entries), secret: true },
  );
  return stdout.split('\n').filter((line) => line !== '');
}

function orMessage(read: () => string): string {
  try {
    return read();
  } catch (error) {
    return `no known version (${error instanceof Error ? error.message : String(error)})`;
  }
}
