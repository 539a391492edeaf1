import type { Host } from '../hosts/host.ts';
import { sh } from '../hosts/shell.ts';
import { type StepBody, notYet, step } from './step.ts';
import { newestBackup } from './backup-list.ts';
import { backupPlaces, firstOf, toldOf } from './backup-places.ts';
import { storeBackup } from './backup-store.ts';
import { pkiOn } from './pki.ts';

const body: StepBody<'backup-pki'> = async (call, { host, other, signal }) => {
  const places = backupPlaces(host, call.alsoTo, other);
  const { recipients } = call;
  const pki = await firstOf(call.controlPlane, other, (source) => pkiOn(source, signal));
  // The hash of keys tells nothing about them.
  const note = `${pki.fingerprint} for ${recipients.toSorted().join(' ')}`;
  const { newest, missed } = await newestBackup(places, call.cluster, 'pki', signal);
  if (newest?.note === note) return toldOf(false, `${newest.name} holds the PKI as it is`, missed);

  const content = new Blob([
    await pack(pki.source, pki.files, signal),
  ]).stream() as ReadableStream<Uint8Array>;
  const backup = {
    cluster: call.cluster,
    kind: 'pki',
    suffix: 'tar.gz.age',
    recipients,
    keep: call.keep,
    note,
  } as const;
  const stored = await storeBackup(places, backup, content, signal);
  const what = `${stored.name} (${pki.files.length} files and folders of ${pki.source.name})`;
  return toldOf(true, `${what} on ${stored.on.join(', ')}`, stored.missed);
};

export const backupPki = step('backup-pki', body);

/**
 * A pipe ends as its last command does and would hide that tar failed, so a file stands between; it has no name while
 * there are keys in it, so nothing that breaks off leaves it behind.
 */
async function pack(source: Host, files: readonly string[], signal: AbortSignal): Promise<Buffer> {
  const { stdout } = await source.run(
    sh`set -e; umask 077; packed=$(mktemp); exec 3> "$packed" 4< "$packed"; rm -f -- "$packed"
tar -C / --numeric-owner -czf - ${files} >&3
base64 -w0 <&4; echo; stat -L -c %s /dev/fd/3`,
    { sudo: true, signal, secret: true, maxBytes: 64 * 1024 * 1024 },
  );
  const [content = '', size] = stdout.split('\n');
  const packed = Buffer.from(content, 'base64');
  if (packed.length !== Number(size))
    throw notYet(
      source.name,
      `of the packed PKI ${packed.length} of ${size} bytes arrived`,
      `Look under /etc/kubernetes on ${source.name}: is a large file there that does not belong?`,
    );
  return packed;
}
