import { HostError } from '../hosts/errors.ts';
import { kubectlCommand } from '../hosts/kubectl-command.ts';
import type { Host } from '../hosts/host.ts';

/** kubectl diff: 0 no difference, 1 some, more: an error, one of which is that the difference cannot be applied. */
export async function compareManifest(
  host: Host,
  cluster: string,
  manifest: string,
  { step, signal }: { step: string; signal: AbortSignal },
): Promise<'same' | 'differs' | 'immutable'> {
  const { code, stderr } = await host.run(kubectlCommand(cluster, ['diff', '-f', '-']), {
    sudo: true,
    stdin: manifest,
    signal,
    ok: 'any',
  });
  if (code === 0) return 'same';
  if (code === 1) return 'differs';
  if (/forbidden: updates to|field is immutable|cannot change roleRef/i.test(stderr)) return 'immutable';
  throw new HostError('CommandFailed', host.name, `kubectl diff ended with ${code}`, {
    command: 'kubectl diff -f -',
    exitCode: code,
    tail: stderr.slice(-1500),
    next: `holdfast retry --step ${step}`,
  });
}
