import { describe, expect, it } from 'vitest';
import { helmInitArgs, renderTillerAccess } from '../../../cluster/render/tiller.ts';

interface Item {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
  readonly rules?: readonly {
    readonly apiGroups: readonly string[];
    readonly resources: readonly string[];
  }[];
  readonly subjects?: readonly object[];
}
const tiller = { namespace: 'kube-system', image: 'mirror:5000/tiller:v2.17.0', manages: [] };
const items = (of: typeof tiller | (Omit<typeof tiller, 'manages'> & { manages: readonly string[] })) =>
  (JSON.parse(renderTillerAccess(of)) as { items: Item[] }).items;
const names = (of: readonly Item[]) =>
  of.map(({ kind, metadata: { name, namespace } }) => `${kind} ${namespace ?? ''}/${name}`);

describe('what Tiller may do', () => {
  it('is everything, by a cluster role binding, where the spec says no more', () => {
    expect(names(items(tiller))).toEqual(['ServiceAccount kube-system/tiller', 'ClusterRoleBinding /tiller']);
  });

  it('is everything in the namespaces that it manages, and its own Secrets besides', () => {
    const made = items({ ...tiller, namespace: 'tiller', manages: ['apps', 'tools'] });
    expect(names(made)).toEqual([
      'Namespace /tiller',
      'ServiceAccount tiller/tiller',
      'Role tiller/tiller-releases',
      'RoleBinding tiller/tiller-releases',
      ...['apps', 'tools'].flatMap((name) => [
        `Namespace /${name}`,
        `Role ${name}/tiller-manager`,
        `RoleBinding ${name}/tiller-manager`,
      ]),
    ]);
    const own = made.find(({ metadata }) => metadata.name === 'tiller-releases');
    expect(own?.rules).toEqual([{ apiGroups: [''], resources: ['secrets'], verbs: ['*'] }]);
    for (const { subjects } of made)
      if (subjects)
        expect(subjects).toEqual([{ kind: 'ServiceAccount', name: 'tiller', namespace: 'tiller' }]);
  });

  it('makes no namespace twice where it manages its own, and none that Kubernetes has', () => {
    const made = names(items({ ...tiller, manages: ['kube-system', 'apps'] }));
    expect(made.filter((name) => name.startsWith('Namespace'))).toEqual(['Namespace /apps']);
  });
});

describe('helm init', () => {
  it('installs the spec’s image with Tiller’s own account, which listens in its pod alone', () => {
    const args = helmInitArgs(tiller).join(' ');
    expect(args).toContain('--tiller-image mirror:5000/tiller:v2.17.0');
    expect(args).toContain('command={/tiller,--storage=secret,--listen=localhost:44134}');
  });
});
