import type { Host } from '../hosts/host.ts';
import { HostError } from '../hosts/errors.ts';
import { sh } from '../hosts/shell.ts';

/** Once one has answered, the others have this long: a host that is off would cost 3 to 15 s. */
const graceMs = 1000;

/** Those hosts that answer now, in the order in which they did. Where none does, the first one's error is thrown. */
export async function answering(hosts: readonly Host[], signal: AbortSignal): Promise<readonly Host[]> {
  const answered: Host[] = [];
  const failed = new Map<Host, HostError>();
  let enough: () => void = () => {};
  const grace = new Promise<void>((resolve) => (enough = resolve));
  const asked = hosts.map(async (host) => {
    try {
      await host.run(sh`true`, { signal, timeout: 20 });
      answered.push(host);
      setTimeout(enough, graceMs).unref();
    } catch (error) {
      if (!(error instanceof HostError)) throw error;
      failed.set(host, error);
    }
  });
  await Promise.race([Promise.all(asked), grace]);
  const [first] = hosts;
  if (answered.length > 0 || !first) return [...answered];
  throw failed.get(first) as HostError;
}
