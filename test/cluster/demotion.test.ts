import { expect, it } from 'vitest';
import { judgeDemotion } from '../../cluster/demotion.ts';
import type { ApiAnswer, Picture } from '../../cluster/failover/picture.ts';
import { exampleCluster } from './example.ts';

const cluster = exampleCluster('twelve-hosts');
const points = ['bastion-1', 'lb-1', 'lb-2'];

/** All vantage points see the same of these API servers, but for those of `unheard`. */
function seen(api: Record<string, ApiAnswer>, unheard: readonly string[] = []): Picture {
  const view = { ssh: {}, api, addresses: {} };
  return {
    vantagePoints: Object.fromEntries(points.map((name) => [name, unheard.includes(name) ? null : view])),
    balancers: {},
    etcd: {},
    nodes: null,
  };
}
const masters = (...answers: ApiAnswer[]) =>
  Object.fromEntries(answers.map((answer, i) => [`master-${i + 1}`, answer]));
const judge = (picture: Picture | undefined, promoted = ['worker-1']) =>
  judgeDemotion(cluster, { ...(picture && { picture }), promoted }, 'worker-1');

it('leaves the cluster to a majority of the spec’s masters, and names those', () => {
  expect(judge(seen(masters('ready', 'ready', 'ready')))).toEqual({
    serving: ['master-1', 'master-2', 'master-3'],
  });
  expect(judge(seen(masters('ready', 'silent', 'ready')))).toEqual({ serving: ['master-1', 'master-3'] });
});

it('refuses where fewer serve, and says which do not', () => {
  expect(judge(seen({ ...masters('ready', 'unready', 'silent'), 'worker-2': 'ready' }))).toEqual({
    why: '1 of the spec’s 3 control-plane nodes serve, and 2 must before worker-1 may go; not ready: master-2, master-3',
  });
});

it('takes what a minority of the vantage points sees for nothing', () => {
  const picture = seen(masters('ready', 'ready', 'ready'), ['lb-1', 'lb-2']);
  expect(judge(picture)).toMatchObject({ why: expect.stringContaining('0 of the spec’s 3') as string });
});

it('takes back a promotion that broke off', () => {
  const picture = seen(masters('ready', 'ready', 'ready'));
  const judged = (unfinished: string) =>
    judgeDemotion(cluster, { picture, promoted: [], unfinished }, 'worker-1');
  expect(judged('worker-1')).toEqual({ serving: ['master-1', 'master-2', 'master-3'] });
  expect(judged('worker-2')).toMatchObject({ why: expect.stringContaining('is not promoted') as string });
});

it('refuses a host that is not promoted, and a cluster that was not seen yet', () => {
  const picture = seen(masters('ready', 'ready', 'ready'));
  expect(judge(picture, [])).toEqual({ why: 'worker-1 is not promoted: no worker node is' });
  expect(judge(picture, ['worker-2'])).toEqual({ why: 'worker-1 is not promoted: worker-2 is' });
  expect(judge(undefined)).toEqual({ why: 'failover has not seen the cluster yet' });
});
