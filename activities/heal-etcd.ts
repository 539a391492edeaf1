import type { Host } from '../hosts/host.ts';
import { tail } from '../hosts/redact.ts';
import { sh } from '../hosts/shell.ts';
import { type StepBody, notYet, problem, step } from './step.ts';
import { type UnitHealth, isUp, replaceUnit, startUnit, unitHealth } from './unit-health.ts';

const unit = 'etcd.service';
/** A member that starts reads its database and finds its peers (seconds). */
const startsWithin = 60;

/** Starts etcd, or lets it go on. Never touches its data: what is wrong with that, or with its disk, is for a person. */
const body: StepBody<'heal-etcd'> = async (_call, { host, signal }) => {
  const [health] = (await unitHealth(host, [unit], signal)) as [UnitHealth];
  const lives = isUp(health) && !health.stopped && (await answers(host, 0, signal));
  if (lives) return await takesPart(host, signal);
  const done = isUp(health) ? await wake(host, health, signal) : await start(host, health, signal);
  if (!(await answers(host, startsWithin, signal))) {
    await refuseIllData(host, signal);
    throw notYet(
      host.name,
      `etcd does not answer ${startsWithin} s after: ${done}`,
      `Look at journalctl -u etcd on ${host.name}.`,
    );
  }
  return { changed: true, summary: done };
};

export const healEtcd = step('heal-etcd', body);

/** It answers; whether it finds the others is not for this host alone to say. */
async function takesPart(host: Host, signal: AbortSignal) {
  const { code, stderr } = await host.run(
    sh`${environment}; etcdctl --dial-timeout=3s --command-timeout=8s endpoint health`,
    { sudo: true, signal, ok: 'any', timeout: 30 },
  );
  if (code === 0) return { changed: false, summary: 'etcd runs well' };
  await refuseIllData(host, signal);
  throw notYet(
    host.name,
    `etcd runs, and finds no quorum: ${stderr.trim().split('\n').at(-1)}`,
    'Do its peers live, and do they reach each other at port 2380?',
  );
}

/** It runs and does not answer: held by SIGSTOP it goes on where it was; hung it begins anew. */
async function wake(host: Host, { stopped }: UnitHealth, signal: AbortSignal): Promise<string> {
  if (stopped) {
    await host.run(sh`systemctl kill -s CONT ${unit}`, { sudo: true, signal });
    if (await answers(host, 10, signal)) return 'etcd was held by SIGSTOP: goes on';
  }
  await refuseIllData(host, signal);
  await replaceUnit(host, unit, 'main', signal);
  return 'etcd hung: ended and started';
}

async function start(host: Host, { state }: UnitHealth, signal: AbortSignal): Promise<string> {
  await refuseIllData(host, signal);
  // It is up when it has found its peers, which may take longer than this waits.
  await startUnit(host, unit, signal);
  return `etcd was ${state}: started`;
}

/** By itself, from its own disk: /livez needs neither quorum nor leader. Waits up to `seconds`. */
async function answers(host: Host, seconds: number, signal: AbortSignal): Promise<boolean> {
  const { stdout } = await host.run(
    sh`${environment}; end=$(($(date +%s) + ${seconds}))
until [ "$(curl -s -m 3 --noproxy ${'*'} --cacert "$ETCDCTL_CACERT" --cert "$ETCDCTL_CERT" --key "$ETCDCTL_KEY" -o /dev/null -w '%{http_code}' https://127.0.0.1:2379/livez)" = 200 ]; do
  [ "$(date +%s)" -lt "$end" ] || { echo no; exit; }; sleep 1
done; echo yes`,
    { sudo: true, signal, timeout: seconds + 20 },
  );
  return stdout.trim() === 'yes';
}

const environment = sh`set -a; . /etc/etcd.env; set +a; PATH=$PATH:/usr/local/bin`;

/** Started over data that is not there, or not whole, a member would be a stranger to its cluster, or lose what it had. */
async function refuseIllData(host: Host, signal: AbortSignal): Promise<void> {
  const { stdout } = await host.run(illness, { sudo: true, signal, timeout: 30 });
  const [why, ...lines] = stdout.trim().split('\n');
  if (!why) return;
  throw problem(
    host.name,
    `etcd is left as it is: ${why}${lines.length > 0 ? `: ${tail(lines.join('\n'))}` : ''}`,
    'Nothing of its data was touched. docs/operations.md says how a member is replaced, and how etcd is restored.',
  );
}

/** One line that says what is wrong, then what shows it; nothing where nothing is. */
const illness = sh`${environment}; data=\${ETCD_DATA_DIR:-/var/lib/etcd}
if ! [ -d "$data/member" ]; then echo "$data holds no member"; exit; fi
if ! [ -w "$data" ]; then echo "$data cannot be written"; exit; fi
free=$(df -Pk "$data" | awk 'NR == 2 { print int($4 / 1024) }')
if [ "$free" -lt 32 ]; then echo "$data has $free MB left"; exit; fi
pid=$(systemctl show -p MainPID --value ${unit})
if [ "$pid" -gt 0 ]; then
  waits=0
  for i in 1 2 3; do grep -qs '^State:.D' /proc/$pid/task/*/status && waits=$((waits + 1)); sleep 0.5; done
  if [ "$waits" = 3 ]; then echo "it waits for its disk, which does not answer"; exit; fi
fi
said=$(journalctl -u ${unit} -o cat --no-pager -n 200 --since=-1h | grep -iE ${[
  'crc mismatch',
  'database file .* (does not match|is corrupt)',
  'corrupt',
  'input/output error',
  'no space left',
  'read-only file system',
  'database space exceeded',
  'permanently removed',
  'cluster ID mismatch',
  'failed to (recover|find|open) .*(snapshot|backend|wal)',
].join('|')} | tail -n 3 | cut -c 1-400)
if [ -n "$said" ]; then echo "it says that its data or its disk is ill"; echo "$said"; fi`;
