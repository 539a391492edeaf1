import type { Json } from '../cluster.ts';
import { anonymousAccessMistakes } from '../spec/vars/anonymous-access.ts';
import { literalSecretMistakes } from '../spec/vars/literal-secrets.ts';
import { ownVarMistakes } from '../spec/vars/own-vars.ts';
import { proxyMistakes } from '../spec/vars/proxies.ts';
import type { Path } from '../spec/spec-error.ts';
import { urlCredentialMistakes } from '../spec/url-credentials.ts';
import { type Vars, isVault } from './inventory.ts';
import { type Remark, blocks, note } from './remarks.ts';
import { saidByKeys } from './spec-keys.ts';

/** Where the spec of an adopted cluster looks for a secret, beside it. */
const secretsFolder = './secrets';

export interface KeptVars {
  readonly vars: Vars;
  readonly acceptLiteralSecrets: readonly string[];
  readonly remarks: readonly Remark[];
}

/** What goes to `kubespray.vars`: all that a spec takes there, secrets as the names of files that a person writes. */
export function keptVars(shared: Vars): KeptVars {
  const candidates = Object.entries(shared).filter(([name]) => !saidByKeys.has(name));
  const remarks: Remark[] = [];
  let vars: Vars = Object.fromEntries(
    candidates.map(([name, value]) => [name, plainDomain(name, value, shared)]),
  );

  const leaveOut = ({ path, message }: { path: Path; message: string }) => {
    vars = changed(vars, path.slice(2), () => undefined);
    remarks.push(blocks(`${path.slice(2).join('.')} is left out: ${message}`));
  };
  [...ownVarMistakes(vars), ...anonymousAccessMistakes(vars)].forEach(leaveOut);
  // A whole variable is accepted or none of it: one secret in it keeps the expressions beside it out as well.
  const suspects = literal(vars);
  const clear = suspects.filter((path) => !isExpression(at(vars, path))).map(([name]) => name);
  const acceptLiteralSecrets = [...new Set(suspects.map(([name]) => name))]
    .filter((name) => !clear.includes(name))
    .map(String);
  for (const path of secretPaths(vars, acceptLiteralSecrets)) {
    const file = `${secretsFolder}/${path.join('.').replaceAll(/[^\w.-]/g, '_')}`;
    vars = changed(vars, path, () => ({ fromFile: file }));
    remarks.push(
      blocks(`${path.join('.')} is a secret: write it to ${file} (mode 0600) on the worker’s machine`),
    );
  }
  // Those that hold a password name a file by now.
  proxyMistakes(vars).forEach(leaveOut);
  if (acceptLiteralSecrets.length > 0)
    remarks.push(note(`expressions, no secrets, by their look: ${acceptLiteralSecrets.join(', ')}`));
  return { vars, acceptLiteralSecrets, remarks };
}

/** Kubespray's sample writes `dns_domain: "{{ cluster_name }}"`, which is what holdfast relies on where that is the default. */
function plainDomain(name: string, value: Json, vars: Vars): Json {
  const isClusterName = typeof value === 'string' && /^\{\{ *cluster_name *\}\}$/.test(value);
  return name === 'dns_domain' && isClusterName ? (vars['cluster_name'] ?? 'cluster.local') : value;
}

function secretPaths(vars: Vars, accepted: readonly string[]): Path[] {
  const clear = literal(vars).filter(([name]) => !accepted.includes(String(name)));
  const urls = urlCredentialMistakes(vars).map(({ path }) => path);
  const paths = [...vaults(vars, []), ...urls, ...clear];
  const unlike = new Map(paths.map((path) => [JSON.stringify(path), path]));
  return [...unlike.values()].filter((path) => !paths.some((other) => isWithin(path, other)));
}

function literal(vars: Vars): Path[] {
  return literalSecretMistakes({ vars, acceptLiteralSecrets: [] }).map(({ path }) => path.slice(2) as Path);
}

function vaults(value: Json, path: Path): Path[] {
  if (isVault(value)) return [path];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) =>
    vaults(inner, [...path, Array.isArray(value) ? Number(key) : key]),
  );
}

function isWithin(path: Path, outer: Path): boolean {
  return outer.length < path.length && outer.every((part, n) => path[n] === part);
}

/** Another variable, or a lookup by a path or a name. Any other expression may hold a secret, in quotes or as a token. */
function isExpression(value: Json | undefined): boolean {
  return (
    typeof value === 'string' &&
    /^\{\{\s*([\w.|\s]+|lookup\(\s*'(password|file|env)'\s*,[^{}]*\)[\w.|\s]*)\}\}$/s.test(value.trim())
  );
}

function at(value: Json, [key, ...rest]: Path): Json | undefined {
  if (key === undefined) return value;
  if (typeof value !== 'object' || value === null) return undefined;
  const inner = (value as { readonly [key: string]: Json })[key];
  return inner === undefined ? undefined : at(inner, rest);
}

/** A copy in which what stands at a path is another, or is gone. */
function changed(vars: Vars, path: Path, to: () => Json | undefined): Vars {
  return (within(vars, path, to) ?? {}) as Vars;
}

function within(value: Json, [key, ...rest]: Path, to: () => Json | undefined): Json | undefined {
  if (key === undefined) return to();
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value as object).map(
    ([name, inner]) =>
      [name, name === String(key) ? within(inner as Json, rest, to) : (inner as Json)] as const,
  );
  const left = entries.filter((entry): entry is readonly [string, Json] => entry[1] !== undefined);
  return Array.isArray(value) ? left.map(([, inner]) => inner) : Object.fromEntries(left);
}
