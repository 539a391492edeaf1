import type { Spec } from './schema.ts';
import type { Path } from './spec-error.ts';
import { anonymousAccessMistakes } from './vars/anonymous-access.ts';
import { literalSecretMistakes } from './vars/literal-secrets.ts';
import { ownVarMistakes } from './vars/own-vars.ts';

/** Variables that holdfast sets itself, that would break its health checks, or that hold a secret in clear. */
export function varMistakes(kubespray: Spec['kubespray']): { path: Path; message: string }[] {
  return [
    ...ownVarMistakes(kubespray.vars),
    ...anonymousAccessMistakes(kubespray.vars),
    ...literalSecretMistakes(kubespray),
  ];
}
