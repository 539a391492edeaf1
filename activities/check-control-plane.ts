import { HostError } from '../hosts/errors.ts';
import type { Host } from '../hosts/host.ts';
import { readiness } from './api-server-pod.ts';
import { type StepBody, notYet, step } from './step.ts';

/** Each is asked on the host itself: what a load balancer or failover saw may be some seconds old. */
const body: StepBody<'check-control-plane'> = async (call, { host, other, signal }) => {
  const asked = await Promise.all(
    call.controlPlane.map(async (name) => ({ name, said: await said(other(name), signal) })),
  );
  const ready = asked.filter((one) => one.said === 'ready').map(({ name }) => name);
  const others = asked.filter((one) => one.said !== 'ready').map((one) => `${one.name}: ${one.said}`);
  if (ready.length < call.needed)
    throw notYet(
      host.name,
      `${ready.length} control-plane nodes are ready, ${call.needed} must be; ${others.join('; ')}`,
      `Nothing was changed. Bring them back, then retry; or holdfast abort ${call.cluster} --reason '…'`,
    );
  return { changed: false, summary: [`ready: ${ready.join(', ')}`, ...others].join('; ') };
};

export const checkControlPlane = step('check-control-plane', body);

/** A host that gives no answer is one that does not serve. */
async function said(host: Host, signal: AbortSignal): Promise<string> {
  try {
    return await readiness(host, 0, signal);
  } catch (error) {
    if (!(error instanceof HostError)) throw error;
    return error.message.slice(0, 200);
  }
}
