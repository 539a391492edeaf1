import type { Spec } from './schema.ts';
import type { Path } from './spec-error.ts';
import { anonymousAccessMistakes } from './vars/anonymous-access.ts';
import { literalSecretMistakes } from './vars/literal-secrets.ts';
import { ownVarMistakes } from './vars/own-vars.ts';
import { proxyMistakes } from './vars/proxies.ts';

/** Variables that holdfast sets or goes by itself, that would break its health checks, or that hold a secret in clear. */
export function varMistakes(kubespray: Spec['kubespray']): { path: Path; message: string }[] {
  return [
    ...ownVarMistakes(kubespray.vars),
    ...anonymousAccessMistakes(kubespray.vars),
    ...proxyMistakes(kubespray.vars),
    ...literalSecretMistakes(kubespray),
  ];
}
