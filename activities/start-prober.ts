import { setTimeout as sleep } from 'node:timers/promises';
import { probeConfigMap } from '../cluster/drill/probe-objects.ts';
import type { ProbeLog } from '../cluster/drill/probe-log.ts';
import { type StepBody, notYet, step } from './step.ts';
import { probeAccess } from './drill/probe-access.ts';
import { launchProber, proberJob, readProber } from './drill/prober.ts';

/** Probing on the bastion, through every address that it may ask at; ends when every one of them answers. */
const body: StepBody<'start-prober'> = async (call, { host, signal }) => {
  const { cluster, targets, seconds } = call;
  const job = proberJob(cluster, call.change);
  const maps = targets.map(({ address }) => probeConfigMap(host.name, address));
  const access = await probeAccess(host, cluster, maps, seconds + 60, signal);
  await launchProber(host, job, { access, targets, seconds }, signal);
  await sleep(1500, undefined, { signal });
  const log = await readProber(host, job, signal);
  const streams = targets.length * 2;
  if (log && goodStreams(log) === streams)
    return { changed: true, summary: `${streams * 10} tries a second, all answered` };
  throw notYet(host.name, `the API does not answer the prober: ${complaint(log)}`, 'Look at the API first.');
};

export const startProber = step('start-prober', body);

function goodStreams({ tries }: ProbeLog): number {
  return new Set(tries.flatMap(({ stream, error }) => (error === undefined ? [stream] : []))).size;
}

function complaint(log: ProbeLog | undefined): string {
  const errors = [...new Set(log?.tries.flatMap(({ error }) => error ?? []))];
  return errors.length === 0 ? 'it has not tried yet' : errors.slice(0, 5).join(', ');
}
