import type { RestoreMember, RestoreSource } from '../../cluster/restore/offer.ts';
import { HostError } from '../../hosts/errors.ts';
import type { Host } from '../../hosts/host.ts';
import { sh } from '../../hosts/shell.ts';
import { again } from './again.ts';
import { etcdSettings } from './paths.ts';

export interface SeenMember {
  readonly member: RestoreMember;
  /** Its data as it is, and what earlier restores kept of it. */
  readonly sources: readonly RestoreSource[];
  /** It answers a read that needs the quorum, at this revision. */
  readonly serving?: number;
}

/** What an etcd host holds, whether etcd runs there or not. A host that does not answer is told, not thrown. */
export async function lookAtMember(host: Host, now: number, signal: AbortSignal): Promise<SeenMember> {
  try {
    const { stdout } = await again(() => host.run(look, { sudo: true, signal, timeout: 900 }));
    return seen(host.name, stdout.split('\n'), now);
  } catch (error) {
    if (!(error instanceof HostError)) throw error;
    return { member: { host: host.name, problem: error.message.slice(0, 300) }, sources: [] };
  }
}

/**
 * A member that serves tells its revision, with a quorum or without. Of any other the file itself is read; one that
 * started and waits for its quorum holds it locked, so that only a copy can be opened. What was written last is as old
 * as the file.
 */
const look = sh`${etcdSettings}
echo "name \${ETCD_NAME:-}"; echo "peer \${ETCD_INITIAL_ADVERTISE_PEER_URLS:-}"
[ -n "\${ETCD_NAME:-}" ] && [ -n "\${ETCD_INITIAL_ADVERTISE_PEER_URLS:-}" ] || echo 'unfit /etc/etcd.env says neither name nor peer address of it'
[ -z "\${ETCD_WAL_DIR:-}" ] || echo 'unfit its write-ahead log has a folder of its own (ETCD_WAL_DIR): restore it by hand'
command -v etcdutl > /dev/null || echo 'unfit it has no etcdutl'
ctl() { etcdctl --dial-timeout=3s --command-timeout=5s "$@"; }
age() { echo $(( $(date +%s) - $(stat -c %Y "$1") )); }
status() (
  file=$1
  if ! flock -ns "$file" true; then
    file=$(mktemp -p /var/tmp); trap 'rm -f -- "$file"' EXIT
    cp -- "$1" "$file" && cmp -- "$1" "$file" || exit
  fi
  timeout 300 etcdutl snapshot status "$file" -w json
)
closed() {
  if said=$(status "$2" 2>&1); then echo "data $1 $(age "$2") $(echo "$said" | grep -m 1 revision)"
  else echo "broken $1 $(age "$2") $(echo "$said" | grep -m 1 . | head -c 200)"; fi
}
db=$data/member/snap/db
if status=$(ctl endpoint status -w json 2> /dev/null); then
  echo "data now $(age "$db") $status"
  if ctl get / --limit=1 --keys-only --consistency=l > /dev/null 2>&1; then echo serving; fi
elif [ -e "$db" ]; then closed now "$db"; fi
for kept in "$data"/before-restore-*/member/snap/db "$data"/.before-restore-*.part/member/snap/db; do
  if [ -e "$kept" ]; then label=\${kept#"$data"/}; closed "\${label%%/*}" "$kept"; fi
done`;

function seen(host: string, lines: readonly string[], now: number): SeenMember {
  const after = (word: string) => lines.find((line) => line.startsWith(`${word} `))?.slice(word.length + 1);
  const [name, peer, problem] = ['name', 'peer', 'unfit'].map(after);
  const sources = lines.flatMap((line) => sourceIn(host, line, now) ?? []);
  const revision = sources.find((source) => source.name === host)?.revision;
  return {
    member: {
      host,
      ...(name !== undefined && { name }),
      ...(peer !== undefined && { peer }),
      ...(problem !== undefined && { problem }),
    },
    sources,
    ...(lines.includes('serving') && revision !== undefined && { serving: revision }),
  };
}

function sourceIn(host: string, line: string, now: number): RestoreSource | undefined {
  const [, how, label, seconds, said = ''] = /^(data|broken) (\S+) (-?\d+) (.*)$/.exec(line) ?? [];
  if (how === undefined) return undefined;
  const source = {
    name: label === 'now' ? host : `${host}/${label}`,
    kind: 'member' as const,
    hosts: [host],
    at: now - Number(seconds) * 1000,
  };
  const revision = /"revision": ?(\d+)/.exec(said)?.[1];
  if (how === 'data' && revision !== undefined) return { ...source, revision: Number(revision) };
  return {
    ...source,
    problem: `its database cannot be read: ${said.slice(0, 200) || 'etcdutl has not ended'}`,
  };
}
