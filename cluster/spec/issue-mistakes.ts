import { closest, distance } from 'fastest-levenshtein';
import type { z } from 'zod';
import { jsonSchema } from './json-schema.ts';
import type { JsonSchema } from './json-schema.ts';
import type { Path } from './spec-error.ts';

interface Mistake {
  readonly path: Path;
  readonly message: string;
}

/** zod's issues as mistakes of a spec: one a key, with the nearest known name for an unknown one. */
export function issueMistakes(issues: readonly z.core.$ZodIssue[], value: unknown): Mistake[] {
  const unknown = issues.flatMap((issue) =>
    issue.code === 'unrecognized_keys' ? issue.keys.map((key) => unknownKey(pathOf(issue), key, value)) : [],
  );
  // `adress` for `address` is one mistake, not an unknown key and a missing one.
  const meant = new Set(unknown.flatMap(({ meant }) => (meant ? JSON.stringify(meant) : [])));
  const others = issues
    .filter(({ code }) => code !== 'unrecognized_keys')
    .filter((issue) => !(meant.has(JSON.stringify(pathOf(issue))) && !present(value, pathOf(issue))))
    .map((issue) => ({ path: pathOf(issue), message: messageOf(issue) }));
  return [...others, ...unknown.map(({ path, message }) => ({ path, message }))];
}

function messageOf(issue: z.core.$ZodIssue): string {
  if (issue.code === 'invalid_key') return issue.issues[0]?.message ?? issue.message;
  // Only kubespray.vars holds free JSON, and what stands in it may be a secret: it is not shown.
  if (issue.code === 'invalid_union')
    return 'wanted: text, a number, true, false, null, or a list or mapping of these';
  return issue.message;
}

function unknownKey(parent: Path, key: string, value: unknown): Mistake & { meant?: Path } {
  const known = Object.keys(schemaAt(parent)?.properties ?? {});
  const free = known.filter((other) => !present(value, [...parent, other]));
  const path = [...parent, key];
  const near = free.length > 0 ? closest(key.toLowerCase(), free) : undefined;
  // Two letters in a short name, a third of a longer one.
  if (near !== undefined && distance(key.toLowerCase(), near.toLowerCase()) <= Math.max(2, near.length / 3))
    return { path, message: `unknown key; did you mean "${near}"?`, meant: [...parent, near] };
  return { path, message: `unknown key; wanted: one of ${known.join(', ')}` };
}

/** The JSON Schema of what stands at a path. */
function schemaAt(path: Path): JsonSchema | undefined {
  return path.reduce<JsonSchema | undefined>(
    (schema, part) => (typeof part === 'number' ? schema?.items : schema?.properties?.[part]),
    jsonSchema(),
  );
}

function present(value: unknown, path: Path): boolean {
  const at = path.reduce<unknown>(
    (inner, part) =>
      typeof inner === 'object' && inner !== null && Object.hasOwn(inner, part)
        ? (inner as Record<string | number, unknown>)[part]
        : undefined,
    value,
  );
  return at !== undefined;
}

function pathOf({ path }: z.core.$ZodIssue): Path {
  return path.map((part) => (typeof part === 'number' ? part : String(part)));
}
