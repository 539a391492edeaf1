import type { BalancerView, EtcdView, NodeView, Picture, View } from '../../cluster/failover/picture.ts';
import type { VantagePoint, WatchInput } from '../../cluster/failover/watch-input.ts';
import type { Tree } from './steady.ts';

/** What one loop shows, by the name of its host; undefined: not heard from. */
export type ShownBy = (name: string) => Tree | undefined;

/** The whole picture from what the loops show. Only what their readers let through is in there. */
export function pictureOf(input: WatchInput, vantage: ShownBy, etcd: ShownBy): Picture {
  const points = input.vantagePoints;
  const first = points.find((point) => point.first);
  const seenFirst = first && vantage(first.name);
  return {
    vantagePoints: fromEach(points, ({ name }) => vantage(name)?.['view'] as View | undefined),
    balancers: fromEach(
      points.filter(({ balancer }) => balancer),
      ({ name }) => vantage(name)?.['balancer'] as BalancerView | undefined,
    ),
    etcd: fromEach(input.etcd, ({ name }) => etcd(name) as EtcdView | undefined),
    nodes: nodesOf(seenFirst?.['nodes']),
    ...(input.nfs !== undefined && { nfs: (seenFirst?.['nfs'] as boolean | undefined) ?? null }),
  };
}

/** The same backwards: what a vantage point showed in a picture; undefined: it was not heard from. */
export function knownOfVantage(known: Picture, { name, balancer, first }: VantagePoint): Tree | undefined {
  const view = known.vantagePoints[name];
  if (!view) return undefined;
  const { nodes, nfs } = known;
  return {
    view,
    ...(balancer && known.balancers[name] && { balancer: known.balancers[name] }),
    ...(first && { nodes }),
    ...(first && typeof nfs === 'boolean' && { nfs }),
  } as unknown as Tree;
}

export function knownOfEtcd(known: Picture, name: string): Tree | undefined {
  return (known.etcd[name] ?? undefined) as Tree | undefined;
}

function fromEach<Item extends { readonly name: string }, Value>(
  items: readonly Item[],
  valueOf: (item: Item) => Value | undefined,
): Record<string, Value | null> {
  return Object.fromEntries(items.map((item) => [item.name, valueOf(item) ?? null]));
}

/** A node that is no longer listed is null in the tree, and not in the picture. */
function nodesOf(shown: Tree[string] | undefined): Picture['nodes'] {
  if (shown === undefined || shown === null) return null;
  const nodes = Object.entries(shown as unknown as Record<string, NodeView | null>);
  return Object.fromEntries(nodes.flatMap(([name, node]) => (node ? [[name, node] as const] : [])));
}
