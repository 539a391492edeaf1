import { haproxyConfigPath } from '../cluster/render/haproxy.ts';
import { keepalivedConfigPath } from '../cluster/render/keepalived.ts';
import type { Host } from '../hosts/host.ts';
import { familyOn } from './family.ts';
import { stopService } from './service.ts';
import { type StepBody, step } from './step.ts';

/** The addresses are let go, and nothing listens on them. A configuration that holdfast did not write is left alone. */
const body: StepBody<'stop-load-balancer'> = async (_, { host, signal }) => {
  const { haproxy, keepalived } = (await familyOn(host, signal)).services;
  const stopped: string[] = [];
  for (const [unit, config] of [
    [keepalived, keepalivedConfigPath],
    [haproxy, haproxyConfigPath],
  ] as const) {
    if (!(await isOurs(host, config, signal))) continue;
    if ((await stopService(host, unit, signal)).changed) stopped.push(unit);
  }
  return stopped.length > 0
    ? { changed: true, summary: `stopped for good: ${stopped.join(', ')}` }
    : { changed: false, summary: 'no load balancer of holdfast’s runs' };
};

export const stopLoadBalancer = step('stop-load-balancer', body);

async function isOurs(host: Host, config: string, signal: AbortSignal): Promise<boolean> {
  const found = await host.readFile(config, { sudo: true, signal });
  return found?.toString().includes('Written by holdfast') ?? false;
}
