/** What a look said, and what is shown of it: objects are branches; all else is a leaf, a list too. */
export type Tree = { readonly [key: string]: Seen };
export type Seen = string | number | boolean | null | readonly Seen[] | Tree;

export interface Steady {
  /** Takes one look; what it does not speak of stays as it is. */
  look(seen: Tree): void;
  readonly shown: Tree;
}

/**
 * Shows a leaf as changed when two looks in a row say so, in the same way: one lost packet is no news. What was null, or
 * was not there, is shown at once. `known`: what was shown by the watch before, to begin with; of that only what the
 * first look speaks of too is kept.
 */
export function steady(first: Tree, known: Tree = {}): Steady {
  const pending = new Map<string, string>();

  const settle = (shown: Seen | undefined, seen: Seen, path: string): Seen => {
    if (shown === undefined || (shown === null && isBranch(seen))) return seen;
    if (isBranch(shown) && isBranch(seen)) {
      pending.delete(path);
      const settled = Object.entries(seen).map(([key, value]) => [
        key,
        settle(shown[key], value, `${path}/${key}`),
      ]);
      return { ...shown, ...(Object.fromEntries(settled) as Tree) };
    }
    const text = canonical(seen);
    if (text !== canonical(shown) && pending.get(path) !== text) {
      pending.set(path, text);
      return shown;
    }
    pending.delete(path);
    return seen;
  };

  let shown = settle(common(known, first), first, '') as Tree;
  return {
    look: (seen) => void (shown = settle(shown, seen, '') as Tree),
    get shown() {
      return shown;
    },
  };
}

/** Later looks over earlier ones, branch by branch. */
export function merged(earlier: Tree, later: Tree): Tree {
  const entries = Object.entries(later).map(([key, value]) => {
    const before = earlier[key];
    return [key, isBranch(before) && isBranch(value) ? merged(before, value) : value];
  });
  return { ...earlier, ...(Object.fromEntries(entries) as Tree) };
}

/** As text in which the order of keys says nothing. */
export function canonical(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) =>
    isBranch(part) ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1))) : part,
  );
}

function common(known: Tree, wanted: Tree): Tree {
  const kept = Object.entries(known).filter(([key]) => wanted[key] !== undefined);
  return Object.fromEntries(
    kept.map(([key, value]) => {
      const other = wanted[key];
      return [key, isBranch(value) && isBranch(other) ? common(value, other) : value];
    }),
  );
}

const isBranch = (value: unknown): value is Tree =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
