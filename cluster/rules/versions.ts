import { whyNotInstalled } from '../versions.ts';
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
