import type { SshTarget } from '../cluster/cluster.ts';
import { renderSshRestriction, sshRestrictionFile } from '../cluster/render/ssh-restriction.ts';
import type { StepCall } from '../cluster/steps.ts';
import type { Host } from '../hosts/host.ts';
import { type ShellCommand, sh } from '../hosts/shell.ts';
import { bastionSsh } from './bastion-ssh.ts';
import { type StepBody, notYet, problem, step } from './step.ts';

type Call = StepCall<'restrict-ssh'>;

/** Seconds after which the host opens itself again, unless a new connection has shown that the bastion gets in. */
const reopenAfter = 120;

/**
 * sshd lets nobody in but from a bastion. What is new counts for new connections alone, so it is tried with one; and a
 * timer of the host's own takes it back where that trial does not come.
 */
const body: StepBody<'restrict-ssh'> = async (call, { host, other, signal }) => {
  const file = sshRestrictionFile(call.cluster);
  const found = await look(call, host, signal);
  if (!call.exclusive) {
    if (found.content === '')
      return { changed: false, summary: 'sshd lets in from everywhere, as far as holdfast goes' };
    await host.run(sh`rm -f -- ${file} ${before(file)}; ${reload}`, { sudo: true, signal });
    return { changed: true, summary: 'sshd lets in from everywhere again, as far as holdfast goes' };
  }
  const from = [...new Set([...call.from, await seenFrom(host, signal)])].filter(Boolean);
  const content = renderSshRestriction(call.cluster, from);
  const words = `sshd lets in from ${from.join(', ')} alone`;
  if (found.content === content && found.denies && !found.timer) return { changed: false, summary: words };

  await close(call, host, content, signal);
  const failed = await unreached(call, other, signal);
  if (failed !== undefined) {
    await host.run(undo(call.cluster), { sudo: true, signal });
    throw notYet(
      host.name,
      `with sshd closed to all but ${from.join(', ')}, ${failed}; it is open again`,
      `Look at sshd's log on ${host.name} (journalctl -u ssh): from which address does the bastion come?`,
    );
  }
  await host.run(sh`systemctl stop ${`${unit(call.cluster)}.timer`}; rm -f -- ${before(file)}`, {
    sudo: true,
    signal,
  });
  const now = await look(call, host, signal);
  if (now.content !== content || !now.denies || now.timer)
    throw notYet(host.name, 'sshd is not closed as it should be after it was set up', `Look at ${file}.`);
  return { changed: true, summary: words };
};

export const restrictSsh = step('restrict-ssh', body);

const unit = (cluster: string) => `holdfast-${cluster}-reopen-ssh`;
const before = (file: string) => `${file}.before`;
/** Debian's name of the unit, and that of the others. */
const reload = sh`for unit in ssh sshd; do if systemctl is-active --quiet $unit; then systemctl reload $unit; fi; done`;

function undo(cluster: string): ShellCommand {
  const file = sshRestrictionFile(cluster);
  return sh`if [ -e ${before(file)} ]; then mv -f -- ${before(file)} ${file}; else rm -f -- ${file}; fi; ${reload}`;
}

/** What stands there, what sshd makes of it for a stranger (192.0.2.0/24 is nobody's: RFC 5737), and whether the timer waits. */
async function look({ cluster }: Call, host: Host, signal: AbortSignal) {
  const content =
    (await host.readFile(sshRestrictionFile(cluster), { sudo: true, signal }))?.toString() ?? '';
  const { stdout } = await host.run(
    sh`${stranger} > /dev/null && echo denies; systemctl is-active --quiet ${`${unit(cluster)}.timer`} && echo timer; :`,
    { sudo: true, signal },
  );
  const said = stdout.split('\n');
  return { content, denies: said.includes('denies'), timer: said.includes('timer') };
}

const stranger = sh`sshd -T -C user=root,host=stranger,addr=192.0.2.1 | grep -Fxi ${'denyusers *'}`;

/** From where this host sees the connection come that goes through the bastion. */
async function seenFrom(host: Host, signal: AbortSignal): Promise<string> {
  const { stdout } = await host.run(sh`echo "\${SSH_CONNECTION%% *}"`, { signal });
  return stdout.trim();
}

async function close({ cluster }: Call, host: Host, content: string, signal: AbortSignal): Promise<void> {
  const file = sshRestrictionFile(cluster);
  const name = unit(cluster);
  const { code, stderr } = await host.run(
    sh`
set -eu
umask 077
undo=${undo(cluster).text}
systemctl stop ${`${name}.timer`} 2> /dev/null || :
systemctl reset-failed ${`${name}.service`} 2> /dev/null || :
systemd-run --quiet --collect --unit=${name} --on-active=${reopenAfter} sh -c "$undo"
mkdir -p -- ${file.slice(0, file.lastIndexOf('/'))}
if [ -e ${file} ] && [ ! -e ${before(file)} ]; then cp -p -- ${file} ${before(file)}; fi
cat > ${`${file}.new`}
mv -f -- ${`${file}.new`} ${file}
if ! sshd -t || ! ${stranger} > /dev/null; then
  sh -c "$undo"
  systemctl stop ${`${name}.timer`}
  exit 3
fi
${reload}`,
    { sudo: true, signal, stdin: content, ok: [0, 3] },
  );
  if (code === 3)
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
