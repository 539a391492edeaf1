import { StringDecoder } from 'node:string_decoder';
import { posix } from 'node:path';
import type { JobSpec, JobState } from './host.ts';
import { redact } from './redact.ts';
import { sh } from './shell.ts';
import type { Run } from './ssh-host.ts';

/** Bytes of log in one answer. */
const chunk = 64 * 1024;

/**
 * Runs a command as a transient systemd unit. Twice is once: a unit of this name, a result, or the folder `started`
 * (made by the job itself, first thing; mkdir is atomic) means that it has been started.
 */
export async function startJob(run: Run, job: JobSpec): Promise<{ started: boolean }> {
  const env = environment(job.env ?? {});
  const { stdout } = await run(starter(job, Buffer.byteLength(env)), {
    sudo: true,
    stdin: env + wrapper(job),
    secret: true,
  });
  return { started: stdout.bytes.toString().trim() === 'started' };
}

/** State and new log. With `ended` there may be more log: read on from `offset` until it no longer moves. */
export async function readJob(run: Run, name: string, dir: string, offset: number): Promise<JobState> {
  const { stdout } = await run(reader(name, dir, offset), { sudo: true, maxBytes: chunk + 4096 });
  const head = stdout.bytes.indexOf('\n');
  const [active, started, rc] = stdout.bytes.subarray(0, head).toString().split(' ');
  const { text, length } = wholeCharacters(stdout.bytes.subarray(head + 1));
  const log = { log: redact(text), offset: offset + length };
  if (rc !== '-' && rc !== undefined) return { state: 'ended', rc: Number(rc), ...log };
  if (active !== 'inactive' && active !== 'failed') return { state: 'running', ...log };
  return started === 'yes' ? { state: 'vanished', ...log } : { state: 'absent' };
}

/** Ends a job and all that it started, and leaves 143 (128 + SIGTERM) as its result. */
export async function stopJob(run: Run, name: string, dir: string): Promise<void> {
  await run(
    sh`
set -u
cd -- ${dir} 2>/dev/null || exit 0
systemctl stop ${`${name}.service`} || [ $? -eq 5 ] || exit 1
[ ! -e started ] || [ -e rc ] || { echo 143 > rc.new && mv -f rc.new rc; }`,
    { sudo: true, timeout: 120 },
  );
}

/** Two starters at once: systemd takes a unit's name once, and what runs a second time finds `started`. */
function starter(job: JobSpec, envBytes: number) {
  return sh`
set -eu
umask 077
state=$(systemctl show -p ActiveState --value ${`${job.name}.service`})
if [ -e ${job.dir}/rc ] || [ -e ${job.dir}/started ]; then echo there; exit 0; fi
case $state in inactive|failed) ;; *) echo there; exit 0;; esac
mkdir -p -m 0700 -- ${job.dir}
cd -- ${job.dir}
head -c ${envBytes} > env.$$; cat > run.$$
grep -q '^# end$' run.$$ || { echo 'the job did not arrive whole' >&2; exit 75; }
mv -f env.$$ env; mv -f run.$$ run
said=$(systemd-run --quiet --collect --no-block --unit=${job.name} /bin/sh ${posix.join(job.dir, 'run')} 2>&1) || {
  case $said in *'already '*) echo there; exit 0;; esac
  printf '%s\n' "$said" >&2; exit 1
}
echo started`;
}

/** The job's own shell: environment from a file, output to `log`, the exit code to `rc` in one rename. */
function wrapper(job: JobSpec): string {
  return sh`#!/bin/sh
cd -- ${job.dir} || exit 1
mkdir started 2>/dev/null || exit 0
umask 077
: >> log
(
  umask 022
  export HOME="\${HOME:-/root}"
  set -a; . ./env; set +a
  cd -- ${job.cwd ?? '/'} || exit 1
  eval ${job.command.text}
) >> log 2>&1 < /dev/null
rc=$?
echo $rc > rc.new && sync rc.new log && mv -f rc.new rc
exit $rc
# end
`.text;
}

function environment(env: Readonly<Record<string, string>>): string {
  return Object.entries(env)
    .map(([name, value]) => {
      if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) throw new TypeError(`not a name for a variable: ${name}`);
      return `${name}=${sh`${value}`.text}\n`;
    })
    .join('');
}

/**
 * The unit's state is read before the result: an ended unit has written its result before. A job that began in between
 * was not active yet when it was asked, so only a second look tells that one is gone.
 */
function reader(name: string, dir: string, offset: number) {
  return sh`
set -eu
look() {
  state=$(systemctl show -p ActiveState --value ${`${name}.service`})
  started=no; rc=-
  if cd -- ${dir} 2>/dev/null; then
    if [ -e started ]; then started=yes; fi
    if [ -e rc ]; then rc=$(cat rc); fi
  fi
}
look
case "$state $started $rc" in 'inactive yes -'|'failed yes -') look;; esac
echo "$state $started $rc"
if [ $started = yes ] && [ -e log ]; then tail -c +${offset + 1} log | head -c ${chunk}; fi`;
}

/** A character that is cut at the end is left for the next look. */
function wholeCharacters(bytes: Buffer): { text: string; length: number } {
  const decoder = new StringDecoder('utf8');
  const text = decoder.write(bytes);
  const left = Buffer.from(decoder.end()).length > 0 ? pending(bytes) : 0;
  return { text, length: bytes.length - left };
}

/** Bytes of an unfinished character at the end: at most three. */
function pending(bytes: Buffer): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back++)
    if ((bytes[bytes.length - back] as number) >= 0xc0) return back;
  return 0;
}
