import type { Json } from '../../cluster.ts';
import { isFromFile, isMapping } from '../from-file.ts';
import type { Spec } from '../schema.ts';
import type { Path } from '../spec-error.ts';

const secretWords = /^(password|passwd|passphrase|pass|token|secret|key|credential)s?$/;

/** Text or numbers under a key that speaks of a secret. The value itself is never shown. */
export function literalSecretMistakes({ vars, acceptLiteralSecrets }: Spec['kubespray']) {
  const found = Object.entries(vars).flatMap(([name, value]) =>
    acceptLiteralSecrets.includes(name)
      ? []
      : secrets(value, ['kubespray', 'vars', name], speaksOfSecret(name)),
  );
  const unknown = acceptLiteralSecrets.flatMap((name, index) =>
    Object.hasOwn(vars, name)
      ? []
      : [
          {
            path: ['kubespray', 'acceptLiteralSecrets', index],
            message: `vars has no ${name}; wanted: a variable of vars`,
          },
        ],
  );
  return [
    ...found.map((path) => ({
      path,
      message: `looks like a secret in clear, and would stand in Temporal’s history; wanted: { fromFile: PATH }, or kubespray.acceptLiteralSecrets: [${path[2]}]`,
    })),
    ...unknown,
  ];
}

function secrets(value: Json, path: Path, secret: boolean): Path[] {
  if (isFromFile(value)) return [];
  if (Array.isArray(value))
    return (value as readonly Json[]).flatMap((item, index) => secrets(item, [...path, index], secret));
  if (isMapping(value))
    return Object.entries(value).flatMap(([key, inner]) =>
      secrets(inner, [...path, key], secret || speaksOfSecret(key)),
    );
  // true, false and null switch something; they give nothing away.
  return secret && value !== '' && (typeof value === 'string' || typeof value === 'number') ? [path] : [];
}

/** `registry_password`, `apiToken`, `KEY`: a word of it, whatever the spelling. */
function speaksOfSecret(key: string): boolean {
  const words = key
    .replaceAll(/([a-z0-9])([A-Z])/g, '$1_$2')
    .toLowerCase()
    .split(/[^a-z0-9]+/);
  return words.some((word) => secretWords.test(word));
}
