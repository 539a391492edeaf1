import { describe, expect, it } from 'vitest';
import { offerText } from '../../../client/restore/offer-text.ts';
import { choose } from '../../../cluster/restore/offer.ts';
import { exampleCluster } from '../../cluster/example.ts';
import { backup, lookAt, ofMember, unopened } from '../../cluster/restore/looks.ts';

const cluster = exampleCluster('twelve-hosts');
const textOf = (look: ReturnType<typeof lookAt>) => {
  const choice = choose(look);
  return offerText('demo', look, 'why' in choice ? undefined : choice);
};

describe('the offer of a restore', () => {
  it('names what there is with revision, age and place, what would be taken, and why the rest cannot', () => {
    expect(textOf(lookAt(cluster))).toEqual([
      'demo: etcd can be restored from',
      '→ data of etcd-2 (revision 4711, 3 minutes old, on etcd-2)',
      `  backup ${backup.name} (revision 4000, 6 hours 0 minutes old, on bastion-1, worker-3)`,
      '  data of etcd-3 (revision unknown, 2 minutes old, on etcd-3) ✘ its database cannot be read: invalid database',
      'on etcd-1, etcd-2, etcd-3; each one’s own data is kept beside.',
    ]);
  });

  it('says who is left out, and what is to be seen to before they come back', () => {
    expect(textOf(lookAt(cluster, ['etcd-1', 'master-2'])).slice(-3)).toEqual([
      'on etcd-2, etcd-3; each one’s own data is kept beside.',
      'without etcd-1: etcd-1 does not answer. Do not let it come back with its old data.',
      'the API server of master-2 is not stopped: master-2 does not answer. See that it is off.',
    ]);
  });

  it('says that nothing was found, and that etcd takes writes, and then offers nothing', () => {
    expect(textOf({ ...lookAt(cluster), sources: [], serving: 4711 })).toEqual([
      'demo: etcd can be restored from',
      '  nothing was found',
      'etcd takes writes now, at revision 4711.',
    ]);
    expect(textOf({ ...lookAt(cluster), sources: [unopened(ofMember)], serving: 4711 })[1]).toMatch(
      /^ {2}data of etcd-2 \(revision unknown/,
    );
  });
});
