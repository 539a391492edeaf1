import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Step } from '../../../cluster/plan-types.ts';
import { whyLeftOut, withChoice } from '../../../cluster/restore/choice.ts';
import { type RestoreChoice, type RestoreLook, choose } from '../../../cluster/restore/offer.ts';
import { restorePlan } from '../../../cluster/restore/plan.ts';
import { exampleCluster } from '../example.ts';
import { lookAt, memberOf } from './looks.ts';

const cluster = exampleCluster('twelve-hosts');
const steps = restorePlan(cluster)
  .phases.filter(({ id }) => id !== 'look')
  .flatMap((phase) => phase.steps);
const stepOf = (id: Step['id'], host = 'bastion-1'): Step => {
  const found = steps.find((step) => step.id === id && step.host === host);
  if (!found) throw new Error(`there is no ${id} on ${host}`);
  return found;
};
const chosen = (look: RestoreLook): RestoreChoice => {
  const choice = choose(look);
  if ('why' in choice) throw new Error(choice.why);
  return choice;
};
const leftOut = (look: RestoreLook) => {
  const choice = chosen(look);
  return steps.flatMap((step) => {
    const why = whyLeftOut(step, look, choice);
    return why === undefined ? [] : [`${step.id} ${step.host}: ${why}`];
  });
};

describe('what is left out', () => {
  it('is nothing where everybody answers: HAProxy stands before every member again', () => {
    const look = lookAt(cluster);
    expect(leftOut(look)).toEqual([]);
    const { input } = withChoice(stepOf('configure-etcd-proxy', 'master-1'), chosen(look));
    expect(input).toMatchObject({
      etcd: [{ name: 'etcd-1' }, { name: 'etcd-2' }, { name: 'etcd-3' }],
      leftOut: [],
    });
  });

  it('is everything of a member that gives no answer, and then HAProxy leaves it out too', () => {
    const why = 'etcd-1 does not answer';
    expect(leftOut(lookAt(cluster, ['etcd-1']))).toEqual([
      ...['stop-etcd', 'save-member', 'restore-member', 'start-etcd'].map((id) => `${id} etcd-1: ${why}`),
    ]);
  });

  it('is everything of a control-plane node that gives no answer, its kubelet too', () => {
    const out = leftOut(lookAt(cluster, ['master-2'])).filter((line) => line.includes('master-2'));
    expect(out).toEqual(
      [
        ...['stop-api-server', 'configure-etcd-proxy', 'start-api-server'],
        ...['restart-controllers', 'restart-kubelet'],
      ].map((id) => `${id} master-2: master-2 does not answer`),
    );
  });

  it('is no HAProxy where there is none', () => {
    const look = lookAt(cluster, ['etcd-1']);
    const bare = { ...look, apiServers: look.apiServers.map((one) => ({ ...one, proxy: false })) };
    expect(leftOut(bare)).toContain('configure-etcd-proxy master-1: it has none');
  });

  it('is not the stop of a member that answers and cannot take part: it would go on with its old data', () => {
    const look = lookAt(cluster);
    const unfit = { ...memberOf('etcd-3'), problem: 'it has no etcdutl' };
    const members = look.members.map((one) => (one.host === 'etcd-3' ? unfit : one));
    expect(leftOut({ ...look, members })).toEqual(
      ['save-member', 'restore-member', 'start-etcd'].map((id) => `${id} etcd-3: it has no etcdutl`),
    );
  });
});

describe('a step with what was chosen', () => {
  const look = lookAt(cluster, ['etcd-1']);
  const choice = chosen(look);

  it('is told the choice where it needs it', () => {
    for (const one of [stepOf('stage-snapshot'), stepOf('restore-member', 'etcd-2')])
      expect(withChoice(one, choice).input).toEqual({ ...one.input, choice });
  });

  it('asks, backs up and connects to those members alone that were restored', () => {
    expect(withChoice(stepOf('check-etcd'), choice).input).toEqual({ etcd: ['etcd-2', 'etcd-3'] });
    expect(withChoice(stepOf('backup-etcd'), choice).input).toMatchObject({
      etcd: ['etcd-2', 'etcd-3'],
      freshMinutes: 0,
    });
    const { input } = withChoice(stepOf('configure-etcd-proxy', 'master-1'), choice);
    expect(input).toMatchObject({ etcd: [{ name: 'etcd-2' }, { name: 'etcd-3' }], leftOut: ['etcd-1'] });
  });
});

describe('for whichever hosts are silent', () => {
  const hosts = cluster.hosts.map(({ name }) => name);
  const someSilent = fc
    .subarray(hosts)
    .filter((silent) => ['etcd-1', 'etcd-2', 'etcd-3'].some((host) => !silent.includes(host)));

  it('no step that must be done is about one of them, and no step of the others is left out', () => {
    fc.assert(
      fc.property(someSilent, (silent) => {
        const look = lookAt(cluster, silent);
        const choice = chosen(look);
        for (const step of steps) {
          if (step.host === 'bastion-1' || step.optional) continue;
          const why = whyLeftOut(step, look, choice);
          if (silent.includes(step.host)) expect(why).toBe(`${step.host} does not answer`);
          else expect(why).toBeUndefined();
        }
      }),
    );
  });

  it('a choice changes what a step is told and nothing else, once and for all, and names no silent member', () => {
    fc.assert(
      fc.property(someSilent, (silent) => {
        const choice = chosen(lookAt(cluster, silent));
        for (const step of steps) {
          const told = withChoice(step, choice);
          expect({ ...told, input: step.input }).toEqual(step);
          expect(withChoice(told, choice)).toEqual(told);
          const { etcd } = told.input as { etcd?: readonly (string | { readonly name: string })[] };
          for (const one of etcd ?? [])
            expect(silent).not.toContain(typeof one === 'string' ? one : one.name);
        }
      }),
    );
  });
});
