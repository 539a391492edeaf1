import { createHash } from 'node:crypto';
import { posix } from 'node:path';
import { HostError } from './errors.ts';
import type { FileWanted, Host } from './host.ts';
import { sh } from './shell.ts';
import type { Run } from './ssh-host.ts';

const absent = /No such file or directory|Not a directory/;

export async function readFile(
  run: Run,
  host: string,
  path: string,
  options: Parameters<Host['readFile']>[1] = {},
): Promise<Buffer | undefined> {
  const { maxBytes = 16 * 1024 * 1024, ...rest } = options;
  // `test -e` also fails where a folder may not be entered, so cat's own word decides.
  const { code, stdout, stderr } = await run(sh`cat -- ${path} || { code=$?; exit $code; }`, {
    ...rest,
    maxBytes,
    ok: 'any',
    secret: true,
  });
  const said = stderr.bytes.toString('utf8').trim();
  if (code !== 0 && absent.test(said)) return undefined;
  if (code !== 0)
    throw new HostError('CommandFailed', host, `cannot read ${path}: ${said}`, {
      exitCode: code,
      next: `Look at ${path} on ${host}.`,
    });
  if (stdout.dropped > 0)
    throw new HostError('ProblemFound', host, `${path} is larger than ${maxBytes} bytes`, {
      next: `Look at ${path} on ${host}: it should be small.`,
    });
  return stdout.bytes;
}

/** Bytes up to which the content goes along with the first look: a second command costs a host more than that. */
const small = 64 * 1024;

/**
 * Looks; where it differs writes beside, flushes, renames, and looks again. One command for a small file; two for a large
 * one, and for a secret: comparing on the host would show its hash in the process list.
 */
export async function writeFile(run: Run, host: string, file: FileWanted): Promise<{ changed: boolean }> {
  const wanted = { ...file, owner: file.owner ?? (file.sudo ? 'root:root' : undefined) };
  const options = {
    sudo: file.sudo ?? false,
    ...(file.signal ? { signal: file.signal } : {}),
  };
  const write = { ...options, stdin: file.content, timeout: 300, secret: file.secret ?? false };
  const apart = wanted.secret === true || Buffer.byteLength(file.content) > small;
  if (apart) {
    const before = await run(look(file.path), { ...options, ok: [0, 1] });
    if (fits(wanted, before.stdout.bytes.toString())) return { changed: false };
  }
  const said = (await run(apart ? replace(wanted) : lookAndReplace(wanted), write)).stdout.bytes.toString();
  const changed = said.startsWith(replaced);
  if (!fits(wanted, changed ? said.slice(replaced.length) : said))
    throw new HostError('NotYet', host, `${file.path} is not as wanted after it was written`, {
      next: `Does something else on ${host} write ${file.path}?`,
    });
  return { changed };
}

/** Stands before what is seen of a file that was written. */
const replaced = 'replaced\n';

/** mode, owner by name and by number, kind; then the content's hash. Prints nothing where there is no file. */
function look(path: string) {
  return sh`
stat -c '%a %U:%G %u:%g %F' -- ${path} || exit 1
sha256sum < ${path}`;
}

/** Content that is not needed is read all the same: whoever sends it must not find the channel closed. */
function lookAndReplace(file: Wanted) {
  const owner = file.owner ?? '';
  return sh`
seen=$(${look(file.path)}
) 2> /dev/null || seen=
printf '%s\n' "$seen" | {
  read -r mode names numbers kind
  read -r hash rest
  [ "$mode" = ${file.mode.toString(8)} ] && [ "$hash" = ${hashOf(file.content)} ] &&
    case $kind in regular*) ;; *) false;; esac &&
    case ${owner} in ''|"$names"|"$numbers") ;; *) false;; esac
} && { cat > /dev/null; printf '%s\n' "$seen"; exit 0; }
${replace(file)}`;
}

type Wanted = Omit<FileWanted, 'owner'> & { owner: string | undefined };

/** A cut connection looks like the end of stdin, so the length decides whether all of it came. */
function replace(file: Wanted) {
  const dir = posix.dirname(file.path);
  return sh`
set -eu
umask 077
new=$(mktemp -- ${posix.join(dir, `.${posix.basename(file.path)}.XXXXXXXX`)})
trap 'rm -f -- "$new"' EXIT
${file.owner === undefined ? sh`` : sh`chown -- ${file.owner} "$new"`}
chmod -- ${file.mode.toString(8)} "$new"
cat > "$new"
[ "$(wc -c < "$new")" -eq ${Buffer.byteLength(file.content)} ] || { echo 'the content did not arrive whole' >&2; exit 75; }
sync -- "$new"
mv -fT -- "$new" ${file.path}
trap - EXIT
sync -- ${dir}
echo replaced
${look(file.path)}`;
}

function fits(file: Wanted, seen: string): boolean {
  const [state = '', hash = ''] = seen.split('\n');
  const [mode, names, numbers, ...kind] = state.split(' ');
  return (
    mode === file.mode.toString(8) &&
    (file.owner === undefined || file.owner === names || file.owner === numbers) &&
    kind.join(' ').startsWith('regular') &&
    hash.slice(0, 64) === hashOf(file.content)
  );
}

function hashOf(content: string | Buffer): string {
  return createHash('sha256').update(content).digest('hex');
}
