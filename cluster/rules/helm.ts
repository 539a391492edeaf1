import type { Rule } from './rule.ts';

/** Helm 2 works, and nobody mends it any more. */
export const helm: Rule = {
  needs: ['helm'],
  find: ({ helm }) =>
    helm.version === 2
      ? [
          {
            path: ['helm', 'version'],
            message:
              'Helm 2 and Tiller are out of support since November 2020; helm.version: 3 needs no Tiller',
            warning: true,
          },
        ]
      : [],
};
