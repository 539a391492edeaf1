import type { Proxy, ProxyUrl } from '../cluster/proxy.ts';
import { HostError } from '../hosts/errors.ts';
import type { Host, RunOptions, RunResult } from '../hosts/host.ts';
import { redact } from '../hosts/redact.ts';
import { sh, type ShellCommand } from '../hosts/shell.ts';
import { readLocalText } from './local-file.ts';
import type { Deps } from './step.ts';

/** As `Host.run`, for a command that fetches something from outside of the site: through its proxy, where there is one. */
export type Outside = (host: Host, command: ShellCommand, options?: RunOptions) => Promise<RunResult>;

export function outsideBy(proxy: Proxy | undefined, deps: Deps): Outside {
  return async (host, command, options = {}) => {
    const fetching = { ...options, outside: true };
    if (proxy === undefined) return host.run(command, fetching);
    const { exported, secrets } = await environment(proxy, host.name, deps);
    try {
      return await host.run(sh`IFS= read -r proxy; eval "$proxy"; ${command}`, {
        ...fetching,
        // A URL may hold a password: what stands on a command line, every user of the host may read.
        stdin: Buffer.concat([Buffer.from(`${exported.text}\n`), Buffer.from(options.stdin ?? '')]),
      });
    } catch (error) {
      throw error instanceof HostError ? without(secrets, error) : error;
    }
  };
}

async function environment(proxy: Proxy, host: string, deps: Deps) {
  const secrets: string[] = [];
  const assigned: string[] = [];
  for (const name of ['http', 'https'] as const) {
    const given = proxy[name];
    if (given === undefined) continue;
    const url = await urlOf(given, host, deps);
    if (typeof given === 'object') secrets.push(...secretsIn(url));
    assigned.push(`${name}_proxy=${url}`);
  }
  assigned.push(`no_proxy=${proxy.except}`);
  // curl goes by the small ones alone, Go's programs by the great ones first.
  const great = assigned.map((one) => one.replace(/^\w+/, (name) => name.toUpperCase()));
  return { exported: sh`export ${[...assigned, ...great]}`, secrets };
}

async function urlOf(given: ProxyUrl, host: string, deps: Deps): Promise<string> {
  if (typeof given === 'string') return given;
  const url = (await readLocalText(given.fromFile, host, deps)).trim();
  if (/^https?:\/\/\S+$/.test(url)) return url;
  throw new HostError('LocalFileUnreadable', host, `${given.fromFile} on the worker's machine holds no URL`, {
    next: 'Write one line into it, such as http://USER:PASSWORD@proxy.example.com:3128.',
  });
}

/** The whole, and what a program that names the parts would show of it, as written and as meant: longest first. */
function secretsIn(url: string): readonly string[] {
  const user = /^https?:\/\/([^/@]*)@/.exec(url)?.[1];
  const password = user?.split(':').slice(1).join(':');
  const written = [url, user, password].filter((one) => one !== undefined && one !== '') as string[];
  return [...new Set([...written, ...written.map(decoded)])].toSorted((a, b) => b.length - a.length);
}

/** `%40` is how a URL writes an `@` of a password. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function without(secrets: readonly string[], { kind, host, message, details }: HostError): HostError {
  const hidden = Object.entries(details).map(([key, value]) => [
    key,
    typeof value === 'string' ? redact(value, secrets) : value,
  ]);
  return new HostError(kind, host, redact(message, secrets), Object.fromEntries(hidden) as typeof details);
}
