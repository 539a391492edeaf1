import type { Path } from './spec-error.ts';

const why =
  'a URL with credentials in it: they would stand in Temporal’s history, in process lists and in messages';

/** What does instead, by where the URL stands. */
const instead: readonly (readonly [string, string])[] = [
  ['kubespray.source', 'the path of a local clone, or a mirror without credentials'],
  ['kubespray.vars', '{ fromFile: PATH }, or a mirror without credentials'],
  ['storage.nfs.chart.source', 'the path of a local copy, or a mirror without credentials'],
];

/** URLs with credentials anywhere in a spec, whatever else is wrong with it. They are never shown. */
export function urlCredentialMistakes(value: unknown): { path: Path; message: string }[] {
  return found(value, []).map((path) => {
    const [, right = 'a URL without credentials'] =
      instead.find(([where]) => `${path.join('.')}.`.startsWith(`${where}.`)) ?? [];
    return { path, message: `${why}; wanted: ${right}` };
  });
}

function found(value: unknown, path: Path): Path[] {
  if (typeof value === 'string') return holdsCredentials(value) ? [path] : [];
  if (Array.isArray(value))
    return (value as unknown[]).flatMap((item, index) => found(item, [...path, index]));
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) =>
    // The path of such a key would show it.
    holdsCredentials(key) ? [path] : found(inner, [...path, key]),
  );
}

const url = /([a-z][a-z0-9+.-]{0,30}):\/\/([^\s/?#]*)@/gi;

/** A lone user is no secret to SSH, and often a token to HTTPS. `{{ variable }}` gives nothing away. */
function holdsCredentials(text: string): boolean {
  return [...text.replaceAll(/\{\{[^{}]*\}\}/g, '').matchAll(url)].some(([, scheme = '', userInfo = '']) =>
    /(^|\+)ssh$/i.test(scheme) ? userInfo.includes(':') : !/^:?$/.test(userInfo),
  );
}
