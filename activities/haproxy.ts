import { createHash } from 'node:crypto';
import { haproxyHealthPort, renderHaproxy } from '../cluster/render/haproxy.ts';
import type { BalancerInput } from '../cluster/steps.ts';
import type { Host } from '../hosts/host.ts';
import { sh } from '../hosts/shell.ts';

export interface HaproxyConfig {
  readonly content: string;
  /** What a process that runs this very configuration calls itself. */
  readonly revision: string;
}

export function haproxyConfig(input: BalancerInput, self: string, socket: string): HaproxyConfig {
  return withRevision(renderHaproxy(input, self, socket));
}

/** The configuration, with its own hash in it: a process can then be asked what it runs. */
export function withRevision(text: string): HaproxyConfig {
  const revision = `holdfast ${createHash('sha256').update(text).digest('hex').slice(0, 16)}`;
  return { content: text.replace(/^global\n/m, `global\n  description ${revision}\n`), revision };
}

/**
 * What the process that answers on the admin socket says that it runs; waits up to `seconds` for `revision`, for a
 * reload is over before the new process serves. Where none answers: why.
 */
export async function runningRevision(
  host: Host,
  revision: string,
  seconds: number,
  socket: string,
  signal: AbortSignal,
): Promise<string> {
  const command = sh`python3 -c ${ask} ${socket} ${revision} ${seconds}`;
  return (await host.run(command, { sudo: true, signal, timeout: seconds + 20 })).stdout.trim();
}

/** haproxy carries a request within its time limit, as keepalived will ask. */
export async function carriesRequests(host: Host, signal: AbortSignal): Promise<boolean> {
  const url = `http://127.0.0.1:${haproxyHealthPort}/`;
  const { code } = await host.run(sh`curl -sf -o /dev/null --noproxy ${'*'} -m 2 ${url}`, {
    signal,
    ok: 'any',
  });
  return code === 0;
}

const ask = `
import socket, sys, time
path, wanted, seconds = sys.argv[1:]
end = time.monotonic() + float(seconds)
while True:
    try:
        s = socket.socket(socket.AF_UNIX)
        s.settimeout(2)
        s.connect(path)
        s.sendall(b"show info\\n")
        lines = s.makefile().read().splitlines()
        found = next((l.partition(": ")[2] for l in lines if l.startswith("description: ")), "") or "no revision"
    except OSError as error:
        found = str(error)
    if found == wanted or time.monotonic() > end:
        break
    time.sleep(0.1)
print(found)
`;
