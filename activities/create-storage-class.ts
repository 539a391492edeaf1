import { renderStorageClass } from '../cluster/render/storage-class.ts';
import { type StepBody, notYet, step } from './step.ts';
import { compareManifest } from './compare-manifest.ts';
import { kubectlOn } from './kubectl.ts';

const body: StepBody<'create-storage-class'> = async (call, { host, signal }) => {
  const name = call.nfs.storageClass;
  const manifest = renderStorageClass(call.nfs);
  const compare = () =>
    compareManifest(host, call.cluster, manifest, { step: 'create-storage-class', signal });
  const found = await compare();
  if (found === 'same') return { changed: false, summary: `storage class ${name} is as wanted` };
  const kubectl = kubectlOn(host, call.cluster, signal);
  // A class's parameters cannot be changed. Replacing it touches no volume: a class only says how new ones are made.
  if (found === 'immutable') await kubectl.run(['delete', 'storageclass', name, '--ignore-not-found']);
  await kubectl.run(['apply', '-f', '-'], { stdin: manifest });
  if ((await compare()) !== 'same') {
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
