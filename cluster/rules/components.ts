/** What `singlePointsOfFailure` may name. */
export const components = [
  'bastion',
  'load-balancer',
  'etcd',
  'control-plane',
  'worker',
  'nfs',
  'dns',
  'promotion',
] as const;

export type Component = (typeof components)[number];
