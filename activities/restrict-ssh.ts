import type { SshTarget } from '../cluster/cluster.ts';
import { renderSshRestriction, sshRestrictionFile } from '../cluster/render/ssh-restriction.ts';
import type { StepCall } from '../cluster/steps.ts';
import type { Host } from '../hosts/host.ts';
import { type ShellCommand, sh } from '../hosts/shell.ts';
import { bastionSsh } from './bastion-ssh.ts';
import { endTimer, fireTimer, setTimer } from './own-timer.ts';
import { type StepBody, notYet, problem, step } from './step.ts';

type Call = StepCall<'restrict-ssh'>;

/** Seconds after which the host opens itself again, unless a new connection has shown that the bastion gets in. */
const reopenAfter = 120;

/**
 * sshd lets nobody in but from a bastion. What is new counts for new connections alone, so it is tried with one; and a
 * timer of the host's own takes it back where that trial does not come.
 */
const body: StepBody<'restrict-ssh'> = async (call, { host, other, signal }) => {
  const { file } = filesOf(call.cluster);
  const found = await look(call, host, signal);
  if (!call.exclusive) return open(call, host, found, signal);
  const from = [...new Set([...call.from, await seenFrom(host, signal)])].filter(Boolean);
  const content = renderSshRestriction(call.cluster, from);
  const words = `sshd lets in from ${from.join(', ')} alone`;
  const isSo = (seen: Seen) => seen.content === content && seen.denies && !seen.untried;
  if (isSo(found)) return { changed: false, summary: words };

  const timer = timerOf(call.cluster);
  await setTimer(host, timer, undo(call.cluster), reopenAfter, signal);
  await close(call, host, content, signal);
  const failed = await unreached(call, other, signal);
  if (failed !== undefined) {
    await fireTimer(host, timer, signal);
    throw notYet(
      host.name,
      `with sshd closed to all but ${from.join(', ')}, ${failed}; it is as before again`,
      `Look at sshd's log on ${host.name} (journalctl -u ssh): from which address does the bastion come?`,
    );
  }
  await endTimer(host, timer, signal);
  await host.run(sh`rm -f -- ${marks(call.cluster)}`, { sudo: true, signal });
  if (!isSo(await look(call, host, signal)))
    throw notYet(host.name, 'sshd is not closed as it should be after it was set up', `Look at ${file}.`);
  return { changed: true, summary: words };
};

export const restrictSsh = step('restrict-ssh', body);

async function open(call: Call, host: Host, found: Seen, signal: AbortSignal) {
  const asBefore = 'sshd lets in whom its own settings let in';
  if (found.content === '' && !found.untried) return { changed: false, summary: asBefore };
  const { file } = filesOf(call.cluster);
  await host.run(sh`set -e; rm -f -- ${[file, ...marks(call.cluster)]}; ${reload}`, { sudo: true, signal });
  if ((await look(call, host, signal)).content !== '')
    throw notYet(host.name, `${file} is there still`, 'Remove it and reload sshd.');
  return { changed: true, summary: `${asBefore}, again` };
}

const timerOf = (cluster: string) => `holdfast-${cluster}-reopen-ssh`;

/** `before`: what stood there and had been tried. `untried`: what stands there now has not been. */
function filesOf(cluster: string) {
  const file = sshRestrictionFile(cluster);
  return { file, before: `${file}.before`, untried: `${file}.untried` };
}
const marks = (cluster: string): readonly string[] => [filesOf(cluster).before, filesOf(cluster).untried];

/** Debian's name of the unit, and that of the others. Under `set -e`: a reload that fails is none. */
const reload = sh`for unit in ssh sshd; do if systemctl is-active --quiet $unit; then systemctl reload $unit; fi; done`;

/** What the timer runs, until it ends well. */
function undo(cluster: string): ShellCommand {
  const { file, before, untried } = filesOf(cluster);
  return sh`set -e; if [ -e ${untried} ]; then if [ -e ${before} ]; then mv -f -- ${before} ${file}; else rm -f -- ${file}; fi; rm -f -- ${untried}; fi; ${reload}`;
}

interface Seen {
  readonly content: string;
  /** What sshd makes of it for a stranger (192.0.2.0/24 is nobody's: RFC 5737). */
  readonly denies: boolean;
  readonly untried: boolean;
}

async function look({ cluster }: Call, host: Host, signal: AbortSignal): Promise<Seen> {
  const { file, untried } = filesOf(cluster);
  const content = (await host.readFile(file, { sudo: true, signal }))?.toString() ?? '';
  const { stdout } = await host.run(
    sh`if ${stranger} > /dev/null; then echo denies; fi; if [ -e ${untried} ]; then echo untried; fi`,
    { sudo: true, signal },
  );
  const said = stdout.split('\n');
  return { content, denies: said.includes('denies'), untried: said.includes('untried') };
}

const stranger = sh`sshd -T -C user=root,host=stranger,addr=192.0.2.1 | grep -Fxi ${'denyusers *'}`;

/** From where this host sees the connection come that goes through the bastion. */
async function seenFrom(host: Host, signal: AbortSignal): Promise<string> {
  const { stdout } = await host.run(sh`echo "\${SSH_CONNECTION%% *}"`, { signal });
  return stdout.trim();
}

async function close({ cluster }: Call, host: Host, content: string, signal: AbortSignal): Promise<void> {
  const { file, before, untried } = filesOf(cluster);
  const { code, stderr } = await host.run(
    sh`
set -eu
umask 077
mkdir -p -- ${file.slice(0, file.lastIndexOf('/'))}
if [ ! -e ${untried} ]; then
  if [ -e ${file} ]; then cp -p -- ${file} ${before}; fi
  : > ${untried}
fi
cat > ${`${file}.new`}
mv -f -- ${`${file}.new`} ${file}
if ! sshd -t || ! ${stranger} > /dev/null; then exit 3; fi
${reload}`,
    { sudo: true, signal, stdin: content, ok: [0, 3] },
  );
  if (code === 0) return;
  await fireTimer(host, timerOf(cluster), signal);
  throw problem(
    host.name,
    `sshd does not take ${file}: ${stderr.trim().split('\n').at(-1) || 'it is not read'}`,
    `Give /etc/ssh/sshd_config the line "Include /etc/ssh/sshd_config.d/*.conf" before any Match, then retry.`,
  );
}

/** Why a bastion does not get in by a new connection, the way that Ansible goes; undefined: each does. */
async function unreached(
  call: Call,
  other: (name: string) => Host,
  signal: AbortSignal,
): Promise<string | undefined> {
  const target: SshTarget = { ...call.target, address: call.address ?? call.target.address };
  for (const name of call.bastions) {
    const { code, stderr } = await other(name).run(sh`${bastionSsh(call.cluster, target)} true < /dev/null`, {
      sudo: true,
      signal,
      ok: 'any',
    });
    if (code !== 0) return `${name} cannot log in: ${stderr.trim().split('\n').at(-1) ?? ''}`;
  }
  return undefined;
}
