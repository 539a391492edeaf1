import { isIP } from 'node:net';

/**
 * Where Prometheus may read the worker's metrics, as the environment says in HOLDFAST_METRICS_ADDRESS: a port, on
 * loopback then, or ADDRESS:PORT. Not set: nowhere.
 */
export function metricsAddressFrom({
  HOLDFAST_METRICS_ADDRESS: text,
}: NodeJS.ProcessEnv): string | undefined {
  if (!text) return undefined;
  const [, host = '127.0.0.1', port = ''] = /^(?:(.+):)?(\d{1,5})$/.exec(text) ?? [];
  const address = host === 'localhost' ? '127.0.0.1' : host.replace(/^\[(.*)\]$/, '$1');
  const family = isIP(address);
  if (family === 0 || Number(port) < 1 || Number(port) > 65535)
    throw new Error(
      `HOLDFAST_METRICS_ADDRESS is ${text}: it takes a port (on loopback then), or ADDRESS:PORT with an IP address`,
    );
  return `${family === 6 ? `[${address}]` : address}:${port}`;
}
