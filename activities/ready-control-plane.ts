import { HostError } from '../hosts/errors.ts';
import type { Host } from '../hosts/host.ts';
import { readiness } from './api-server-pod.ts';
import { type StepTools, notYet } from './step.ts';

/** Which control-plane nodes must serve, and how many of them. */
export interface NeededControlPlane {
  readonly controlPlane: readonly string[];
  readonly needed: number;
}

/**
 * Who is ready, and what the others say. Each is asked on the host itself: what a load balancer or failover saw may be
 * some seconds old. NotYet where fewer than `needed` are.
 */
export async function readyControlPlane(
  { controlPlane, needed, cluster }: NeededControlPlane & { readonly cluster: string },
  { host, other, signal }: Pick<StepTools, 'host' | 'other' | 'signal'>,
): Promise<{ readonly ready: readonly string[]; readonly others: readonly string[] }> {
  const asked = await Promise.all(
    controlPlane.map(async (name) => ({ name, said: await said(other(name), signal) })),
  );
  const ready = asked.filter((one) => one.said === 'ready').map(({ name }) => name);
  const others = asked.filter((one) => one.said !== 'ready').map((one) => `${one.name}: ${one.said}`);
  if (ready.length < needed)
    throw notYet(
      host.name,
      `${ready.length} control-plane nodes are ready, ${needed} must be; ${others.join('; ')}`,
      `Nothing was changed. Bring them back, then retry; or holdfast abort ${cluster} --reason '…'`,
    );
  return { ready, others };
}

/** A host that gives no answer is one that does not serve. */
async function said(host: Host, signal: AbortSignal): Promise<string> {
  try {
    return await readiness(host, 0, signal);
  } catch (error) {
    if (!(error instanceof HostError)) throw error;
    return error.message.slice(0, 200);
  }
}
