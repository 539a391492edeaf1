import type { Json } from '../../cluster.ts';
import { isMapping } from '../from-file.ts';

const why =
  'the load balancers’ health check GET /readyz comes without a certificate, would be refused, and every API server would be marked down';

/** Variables that would close /readyz to those who do not say who they are. */
export function anonymousAccessMistakes(vars: { readonly [key: string]: Json }) {
  const args = vars['kube_kubeadm_apiserver_extra_args'];
  const found = [
    closes('kube_api_anonymous_auth', isFalse(vars['kube_api_anonymous_auth']), 'true'),
    closes('authorization_modes', lacksRbac(vars['authorization_modes']), 'a list with RBAC'),
    closes(
      'kube_apiserver_use_authorization_config_file',
      vars['kube_apiserver_use_authorization_config_file'] !== undefined &&
        !isFalse(vars['kube_apiserver_use_authorization_config_file']),
      'authorization_modes with RBAC',
    ),
    ...(args !== undefined && isMapping(args) ? extraArgs(args) : []),
  ];
  return found.flatMap((mistake) => mistake ?? []);
}

function extraArgs(args: { readonly [key: string]: Json }) {
  const name = 'kube_kubeadm_apiserver_extra_args';
  return [
    closes([name, 'anonymous-auth'], isFalse(args['anonymous-auth']), 'leave it out'),
    closes([name, 'authorization-mode'], lacksRbac(args['authorization-mode']), 'modes with RBAC'),
    ...['authorization-config', 'authentication-config'].map((key) =>
      closes([name, key], args[key] !== undefined, 'leave it out'),
    ),
  ];
}

function closes(name: string | readonly string[], closed: boolean, right: string) {
  if (!closed) return undefined;
  return { path: ['kubespray', 'vars', ...[name].flat()], message: `${why}; wanted: ${right}` };
}

function isFalse(value: Json | undefined): boolean {
  return value === false || (typeof value === 'string' && /^(false|no|off|0)$/i.test(value)) || value === 0;
}

/** Without RBAC nothing lets an unnamed client read /readyz (role system:public-info-viewer). */
function lacksRbac(value: Json | undefined): boolean {
  if (value === undefined || value === null) return false;
  const modes = (Array.isArray(value) ? (value as readonly Json[]) : [value]).flatMap((mode) =>
    typeof mode === 'string' ? mode.split(',') : [],
  );
  return !modes.some((mode) => ['RBAC', 'AlwaysAllow'].includes(mode.trim()));
}
