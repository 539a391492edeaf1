import type { Json } from '../../cluster.ts';
import { isFromFile, isMapping } from '../from-file.ts';
import type { Path } from '../spec-error.ts';

const passwords = /password|passwd|passphrase|(^|_)pass(_|$)/;
/** "key" stands in many a harmless word (keyboard, keepalive, monkey): alone, or behind what it is a key of. */
const others =
  /token|secret|credential|(^|_)(api|access|account|auth|encryption|host|license|master|private|root|server|shared|signing|ssh|ssl|tls|user)?keys?(_|$)/;

interface Given {
  readonly vars: { readonly [name: string]: Json };
  readonly acceptLiteralSecrets: readonly string[];
}

/** Text under a key that speaks of a secret. The value itself is never shown. */
export function literalSecretMistakes({ vars, acceptLiteralSecrets }: Given) {
  const found = Object.entries(vars).flatMap(([name, value]) =>
    acceptLiteralSecrets.includes(name) ? [] : secrets(value, ['kubespray', 'vars', name], kindOf(name)),
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

/** Where a secret lies is none (`kube_token_dir`, `ssh_private_key_file`), nor are the names in a certificate. */
const harmless = /_(dir|directory|file|folder|path)$|^supplementary_addresses_in_ssl_keys$/;

type Kind = 'password' | 'other' | undefined;

function secrets(value: Json, path: Path, kind: Kind): Path[] {
  if (isFromFile(value)) return [];
  if (Array.isArray(value))
    return (value as readonly Json[]).flatMap((item, index) => secrets(item, [...path, index], kind));
  if (isMapping(value))
    return Object.entries(value).flatMap(([key, inner]) =>
      secrets(inner, [...path, key], kind === 'password' ? kind : (kindOf(key) ?? kind)),
    );
  // true, false and null switch something; a number is a size or a time (certificates_key_size), or a bad password.
  const given = typeof value === 'string' ? value !== '' : typeof value === 'number' && kind === 'password';
  return kind !== undefined && given ? [path] : [];
}

/** `registry_password`, `rootpassword`, `apiToken`, `KEY`, `apikey`: whatever the spelling. */
function kindOf(key: string): Kind {
  const words = key
    .replaceAll(/([a-z0-9])([A-Z])/g, '$1_$2')
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '_');
  if (harmless.test(words)) return undefined;
  if (passwords.test(words)) return 'password';
  return others.test(words) ? 'other' : undefined;
}
