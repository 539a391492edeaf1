import type { Host } from '../../hosts/host.ts';
import { sh } from '../../hosts/shell.ts';
import { problem } from '../step.ts';
import { etcdSettings } from './paths.ts';

/** Two files of the write-ahead log, each made at its full size. */
const besides = 128 * 1024 * 1024;

/**
 * What etcdutl says of it; undefined where a member has none, or another than the rest. Throws where a member has no
 * room for what is made of it: later etcd would be stopped already.
 */
export async function staged(
  members: readonly Host[],
  snapshot: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  const seen = await Promise.all(members.map((host) => look(host, snapshot, signal)));
  const [first] = seen;
  if (!first || seen.some((one) => one?.sum !== first.sum)) return undefined;
  const [revision, keys] = ['revision', 'totalKey'].map(
    (name) => new RegExp(`"${name}": ?(\\d+)`).exec(first.status)?.[1],
  );
  return `revision ${revision}, ${keys} keys`;
}

async function look(host: Host, snapshot: string, signal: AbortSignal) {
  const { stdout } = await host.run(
    sh`[ -e ${snapshot} ] || exit 0
${etcdSettings}
sha256sum < ${snapshot}; etcdutl snapshot status ${snapshot} -w json || exit
[ -d "$data" ] || data=\${data%/*}
stat -c %s ${snapshot}; df -B 1 --output=avail -- "$data" | tail -n 1; echo "$data"`,
    { sudo: true, signal, timeout: 900 },
  );
  if (stdout === '') return undefined;
  const [sum = '', status = '', size, free, data] = stdout.split('\n');
  const needed = Number(size) + besides;
  if (Number(free) >= needed) return { sum, status };
  throw problem(
    host.name,
    `${data} has ${megabytes(Number(free))} free, and the restored data takes ${megabytes(needed)} beside the old`,
    `Make room on ${host.name}, then retry.`,
  );
}

const megabytes = (bytes: number): string =>
  Number.isFinite(bytes) ? `${(bytes / 1e6).toFixed(1)} MB` : 'an unknown part';
