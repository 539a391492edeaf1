import { renderStorageClass } from '../cluster/render/storage-class.ts';
import { HostError } from '../hosts/errors.ts';
import { kubectlCommand } from '../hosts/kubectl-command.ts';
import type { Host } from '../hosts/host.ts';
import { type StepBody, notYet, step } from './step.ts';
import { kubectlOn } from './kubectl.ts';

const body: StepBody<'create-storage-class'> = async (call, { host, signal }) => {
  const name = call.nfs.storageClass;
  const manifest = renderStorageClass(call.nfs);
  const found = await compare(host, call.cluster, manifest, signal);
  if (found === 'same') return { changed: false, summary: `storage class ${name} is as wanted` };
  const kubectl = kubectlOn(host, call.cluster, signal);
  // A class's parameters cannot be changed. Replacing it touches no volume: a class only says how new ones are made.
  if (found === 'immutable') await kubectl.run(['delete', 'storageclass', name, '--ignore-not-found']);
  await kubectl.run(['apply', '-f', '-'], { stdin: manifest });
  if ((await compare(host, call.cluster, manifest, signal)) !== 'same') {
    throw notYet(
      host.name,
      `storage class ${name} differs still after it was applied`,
      `holdfast kubectl -- get storageclass ${name} -o yaml`,
    );
  }
  return {
    changed: true,
    summary: `storage class ${name} ${found === 'immutable' ? 'replaced' : 'applied'}${call.nfs.default ? ', the default' : ''}`,
  };
};

export const createStorageClass = step('create-storage-class', body);

/** kubectl diff: 0 no difference, 1 some, more: an error, one of which is that the difference cannot be applied. */
async function compare(
  host: Host,
  cluster: string,
  manifest: string,
  signal: AbortSignal,
): Promise<'same' | 'differs' | 'immutable'> {
  const { code, stderr } = await host.run(kubectlCommand(cluster, ['diff', '-f', '-']), {
    sudo: true,
    stdin: manifest,
    signal,
    ok: 'any',
  });
  if (code === 0) return 'same';
  if (code === 1) return 'differs';
  if (/forbidden: updates to|field is immutable/i.test(stderr)) return 'immutable';
  throw new HostError('CommandFailed', host.name, `kubectl diff ended with ${code}`, {
    command: 'kubectl diff -f -',
    exitCode: code,
    tail: stderr.slice(-1500),
    next: 'holdfast retry --step create-storage-class',
  });
}
