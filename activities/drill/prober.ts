import { setTimeout as sleep } from 'node:timers/promises';
import { probeConfigMap, probePath } from '../../cluster/drill/probe-objects.ts';
import { parseProbeLog } from '../../cluster/drill/probe-log.ts';
import type { ProbeLog } from '../../cluster/drill/probe-log.ts';
import type { ProbeTarget } from '../../cluster/drill/probe-targets.ts';
import { changeMark } from '../../cluster/workflow-ids.ts';
import { HostError } from '../../hosts/errors.ts';
import type { Host } from '../../hosts/host.ts';
import { sh } from '../../hosts/shell.ts';
import { shippedFile } from '../shipped-file.ts';
import type { ProbeAccess } from './probe-access.ts';

/** Seconds between two tries of one kind at one address, and what a try may take. */
export const pace = { every: 0.1, limit: 1 } as const;

/** The prober of a drill, of which there is one at a time. */
export function proberJob(cluster: string, change: string): string {
  return `holdfast-${cluster}-prober-${changeMark(change)}-1`;
}

/** In memory: what is in it is a secret for a moment, and a power cut leaves nothing behind. */
const folder = (job: string): string => `/run/holdfast/${job}`;

/** Starts a prober as a unit of this name on the host, unless it was started already. Ends by itself after `seconds`. */
export async function launchProber(
  host: Host,
  job: string,
  wanted: {
    readonly access: ProbeAccess;
    readonly targets: readonly ProbeTarget[];
    readonly seconds: number;
    /** Seconds between two tries; pace's where it says none. */
    readonly every?: number;
  },
  signal: AbortSignal,
): Promise<void> {
  const dir = folder(job);
  if ((await host.readJob(job, dir, 0)).state !== 'absent') return;
  const { access, seconds, every = pace.every } = wanted;
  const config = {
    ...{ client: host.name, ...access, ...pace, every, seconds },
    streams: wanted.targets.flatMap(({ address, host: to, port }) =>
      ['read', 'write'].map((kind) => {
        const path = probePath(probeConfigMap(host.name, address));
        return { address, host: to, port, kind, path };
      }),
    ),
  };
  const file = { mode: 0o600, sudo: true, signal };
  await host.run(sh`install -d -m 0700 /run/holdfast ${dir}`, { sudo: true, signal });
  await host.writeFile({
    ...file,
    path: `${dir}/prober.py`,
    content: await shippedFile('drill', 'prober.py'),
  });
  await host.writeFile({
    ...file,
    path: `${dir}/config.json`,
    content: JSON.stringify(config),
    secret: true,
  });
  await host.startJob({ name: job, dir, command: sh`python3 ${dir}/prober.py ${dir}/config.json` });
}

/** All that it has written so far. Undefined: not a line. */
export async function readProber(
  host: Host,
  job: string,
  signal: AbortSignal,
): Promise<ProbeLog | undefined> {
  // An hour of four streams is about 10 MB.
  const options = { sudo: true, signal, maxBytes: 64 * 1024 * 1024 };
  const log = await host.readFile(`${folder(job)}/log`, options);
  return log && parseProbeLog(log.toString());
}

/** Tells it to end, and waits until its last tries are over. */
export async function stopProber(host: Host, job: string, signal: AbortSignal): Promise<void> {
  const dir = folder(job);
  await host.run(sh`[ ! -d ${dir} ] || touch ${dir}/stop`, { sudo: true, signal });
  for (let look = 0; look < 20; look += 1) {
    const { state } = await host.readJob(job, dir, Number.MAX_SAFE_INTEGER - 1);
    if (state !== 'running') return;
    await sleep(500, undefined, { signal });
  }
  throw new HostError('NotYet', host.name, `the prober ${job} does not end`, {
    next: `It ends by itself when its time is over; at once with: systemctl stop ${job}`,
  });
}

export async function removeProber(host: Host, job: string, signal: AbortSignal): Promise<void> {
  await host.stopJob(job, folder(job));
  await host.run(
    sh`rm -rf -- ${folder(job)}; rmdir --ignore-fail-on-non-empty /run/holdfast 2>/dev/null; true`,
    {
      sudo: true,
      signal,
    },
  );
}
