import { describe, expect, it } from 'vitest';
import { additionPlan } from '../../cluster/addition-plan.ts';
import type { Plan } from '../../cluster/plan-types.ts';
import { plan } from '../../cluster/plan.ts';
import { removalPlan } from '../../cluster/removal-plan.ts';
import { renderSshRestriction } from '../../cluster/render/ssh-restriction.ts';
import { resetPlan } from '../../cluster/reset-plan.ts';
import { edited, type LooseSpec } from './edited.ts';
import { clusterOf, exampleCluster } from './example.ts';

const spec = (exclusive: boolean, edit: (spec: LooseSpec) => void = () => undefined) =>
  clusterOf(
    edited((s: LooseSpec) => {
      Object.assign(s, { bastion: { exclusive } });
      edit(s);
    }),
  );
const withoutLast = (s: LooseSpec) => void (s as { hosts: unknown[] }).hosts.pop();
const restricted = ({ phases }: Plan) =>
  phases.flatMap(({ id, steps }) =>
    steps.flatMap((one) =>
      one.id === 'restrict-ssh' ? [{ phase: id, host: one.host, exclusive: one.input.exclusive }] : [],
    ),
  );

describe('SSH for the bastion alone', () => {
  it('is set up on every host but the bastion, once the cluster stands and before it is watched', () => {
    const made = plan(spec(true));
    const steps = restricted(made);
    expect(steps).toHaveLength(11);
    expect(
      steps.every(
        ({ phase, exclusive, host }) => phase === 'one-way-in' && exclusive && host !== 'bastion-1',
      ),
    ).toBe(true);
    expect(made.phases.at(-1)).toMatchObject({ id: 'keep', after: ['one-way-in'] });
  });

  it('is taken back where the spec says so, and not touched where it says nothing', () => {
    expect(restricted(plan(spec(false))).map(({ exclusive }) => exclusive)).toEqual(Array(11).fill(false));
    expect(restricted(plan(exampleCluster('twelve-hosts')))).toEqual([]);
    expect(plan(exampleCluster('twelve-hosts')).phases.at(-1)).toMatchObject({
      id: 'keep',
      after: ['verify'],
    });
  });

  it('is set up on hosts that join, and taken back from those that leave', () => {
    expect(restricted(additionPlan(spec(true), ['worker-3'])).map(({ host }) => host)).toEqual(['worker-3']);
    const added = additionPlan(exampleCluster('twelve-hosts'), ['worker-3']);
    expect(added.phases.at(-1)).toMatchObject({ id: 'keep', after: ['verify'] });
    const removal = { last: spec(true), next: spec(true, withoutLast), nodes: ['worker-3'], dead: false };
    expect(restricted(removalPlan(removal))).toEqual([{ phase: 'tidy', host: 'worker-3', exclusive: false }]);
    expect(restricted(removalPlan({ ...removal, dead: true }))).toEqual([]);
  });

  it('ends with the cluster', () => {
    expect(restricted(resetPlan(spec(true))).map(({ phase, exclusive }) => [phase, exclusive])).toEqual(
      Array(11).fill(['tidy', false]),
    );
    expect(restricted(resetPlan(exampleCluster('twelve-hosts')))).toEqual([]);
  });

  it('lets in from each bastion by every address that it may come from', () => {
    const two = spec(true, (s: LooseSpec) => {
      const { hosts } = s as { hosts: object[] };
      hosts.push({
        name: 'bastion-2',
        address: '172.16.0.6',
        ip: '10.0.0.6',
        accessIp: '10.0.0.7',
        roles: ['bastion'],
      });
      Object.assign(s, { singlePointsOfFailure: ['nfs'] });
    });
    const step = plan(two)
      .phases.flatMap(({ steps }) => steps)
      .find(({ id }) => id === 'restrict-ssh');
    expect(step?.input).toEqual({
      exclusive: true,
      bastions: ['bastion-1', 'bastion-2'],
      from: ['10.0.0.5', '10.0.0.6', '10.0.0.7'],
    });
  });

  it('is a few lines of sshd_config', () => {
    expect(renderSshRestriction('demo', ['10.0.0.5']))
      .toBe(`# Written by holdfast for the cluster demo: changes made here are overwritten.
# The bastion is the only way in (bastion.exclusive of the spec).
Match Address *,!127.0.0.1,!::1,!10.0.0.5
  DenyUsers *
`);
  });
});
