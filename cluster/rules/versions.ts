import { whyNoEtcd, whyNotInstalled } from '../versions.ts';
import type { Rule } from './rule.ts';

/** Kubespray installs only the Kubernetes versions whose checksums it carries. */
export const versions: Rule = {
  needs: ['kubernetes.version', 'kubespray.version'],
  find: ({ kubernetes, kubespray }) => {
    const why = whyNotInstalled(kubespray.version, kubernetes.version);
    return why === undefined
      ? []
      : [{ path: ['kubernetes', 'version'], message: `got ${kubernetes.version}; ${why}` }];
  },
};

/** The same of etcd, where the spec's variables name a version of it. */
export const etcdVersion: Rule = {
  needs: ['kubespray'],
  find: ({ kubespray: { version, vars } }) => {
    const etcd = vars['etcd_version'];
    if (typeof etcd !== 'string') return [];
    const why = whyNoEtcd(version, etcd);
    return why === undefined
      ? []
      : [{ path: ['kubespray', 'vars', 'etcd_version'], message: `got ${etcd}; ${why}` }];
  },
};
