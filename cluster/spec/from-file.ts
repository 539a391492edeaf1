import type { Json } from '../cluster.ts';

/** `{ fromFile: PATH }`: a value that is read on the worker's machine when it is needed. */
export function isFromFile(value: Json): value is { readonly fromFile: string } {
  return isMapping(value) && Object.keys(value).length === 1 && typeof value['fromFile'] === 'string';
}

export function isMapping(value: Json): value is { readonly [key: string]: Json } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Resolves the paths of all `{ fromFile: PATH }` in a mapping. */
export function mapFiles(
  vars: { readonly [key: string]: Json },
  resolvePath: (path: string) => string,
): { readonly [key: string]: Json } {
  return Object.fromEntries(Object.entries(vars).map(([key, value]) => [key, mapFile(value, resolvePath)]));
}

function mapFile(value: Json, resolvePath: (path: string) => string): Json {
  if (isFromFile(value)) return { fromFile: resolvePath(value.fromFile) };
  if (Array.isArray(value)) return (value as readonly Json[]).map((item) => mapFile(item, resolvePath));
  return isMapping(value) ? mapFiles(value, resolvePath) : value;
}
