import type { Host, RunOptions } from '../hosts/host.ts';
import { HostError } from '../hosts/errors.ts';
import { kubectlCommand } from '../hosts/kubectl-command.ts';

export interface Kubectl {
  /** Runs kubectl on the bastion with the cluster's kubeconfig; the API has 20 s for a request. */
  run(args: readonly string[], options?: RunOptions): Promise<string>;
  /** The same with `-o json`, parsed. */
  get<T>(args: readonly string[], options?: RunOptions): Promise<T>;
}

export function kubectlOn(bastion: Host, cluster: string, signal: AbortSignal): Kubectl {
  const run = async (args: readonly string[], options: RunOptions = {}): Promise<string> =>
    (
      await bastion.run(kubectlCommand(cluster, ['--request-timeout=20s', ...args]), {
        sudo: true,
        signal,
        maxBytes: 32 * 1024 * 1024,
        ...options,
      })
    ).stdout;
  return {
    run,
    get: async <T>(args: readonly string[], options?: RunOptions) =>
      parse<T>(await run([...args, '-o', 'json'], options), bastion.name, args),
  };
}

function parse<T>(text: string, host: string, args: readonly string[]): T {
  try {
    return JSON.parse(text) as T;
  } catch {
    throw new HostError(
      'CommandFailed',
      host,
      `kubectl ${args.join(' ')} answered something that is not JSON`,
      {
        command: `kubectl ${args.join(' ')}`,
        tail: text.slice(-500),
        next: 'Try the same command with holdfast kubectl.',
      },
    );
  }
}
