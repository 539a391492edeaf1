/* eslint-disable @typescript-eslint/no-unsafe-member-access, @typescript-eslint/no-unsafe-call, @typescript-eslint/no-unsafe-return -- edits write what no type allows */
import { load } from 'js-yaml';
import { describe, expect, it } from 'vitest';
import { additionPlan } from '../../cluster/addition-plan.ts';
import { changes } from '../../cluster/changes.ts';
import type { Cluster } from '../../cluster/cluster.ts';
import { demotionPlan } from '../../cluster/demotion-plan.ts';
import { healStep } from '../../cluster/heal-step.ts';
import { apiServer } from '../../cluster/hosts-of.ts';
import { firewallNeeds, haRulesInput, inventoryInput, virtualAddresses } from '../../cluster/plan-inputs.ts';
import { plan } from '../../cluster/plan.ts';
import type { Plan, Step, StepOf } from '../../cluster/plan-types.ts';
import { promotionPlan } from '../../cluster/promotion-plan.ts';
import { promotionLine } from '../../cluster/promotion.ts';
import { reachabilityMatrix } from '../../cluster/reachability.ts';
import { removalPlan } from '../../cluster/removal-plan.ts';
import { renderGroupVars } from '../../cluster/render/group-vars.ts';
import { resetPlan } from '../../cluster/reset-plan.ts';
import { restorePlan } from '../../cluster/restore/plan.ts';
import type { StepId } from '../../cluster/steps.ts';
import { edited } from './edited.ts';
import { clusterOf, exampleCluster, mistakesOf } from './example.ts';
import { besideExisting, besideExistingText } from './existing-load-balancer.ts';

const cluster = besideExisting();
const steps = ({ phases }: Plan): Step[] => phases.flatMap((phase) => phase.steps);
const ids = (made: Plan) => steps(made).map(({ id }) => id);
const one = <Id extends StepId>(made: Plan, id: Id) =>
  steps(made).find((step) => step.id === id) as StepOf<Id>;
/** Of load balancers that run on hosts of the spec. */
const ofOwn: readonly StepId[] = [
  'install-haproxy',
  'configure-haproxy',
  'configure-keepalived',
  'check-load-balancer',
  'stop-load-balancer',
  'heal-load-balancer',
];

describe('a spec with a load balancer that exists', () => {
  it('keeps of it what holdfast uses', () => {
    expect(cluster.loadBalancer).toEqual({
      existing: true,
      replicated: true,
      internal: { address: '172.16.0.10', port: 8443 },
    });
    const plain = besideExisting((s) => delete s.loadBalancer.internal.port);
    expect(apiServer(plain)).toBe('https://172.16.0.10:6443');
  });

  it('takes no host with the role, nothing of keepalived’s, and no traffic from outside', () => {
    const mistakes = mistakesOf(
      edited((s) => {
        s.loadBalancer = {
          existing: true,
          replicated: true,
          internal: { address: '172.16.0.10' },
          external: { address: '172.16.0.11' },
          prefixLength: 24,
        };
      }),
    ).map((line) => line.replace(/^\S+ /, ''));
    expect(mistakes).toEqual([
      expect.stringMatching(/^hosts\[1\]\.roles: role load-balancer, but .*wanted: no host with the role/),
      expect.stringMatching(/^hosts\[2\]\.roles: role load-balancer, but /),
      expect.stringMatching(/^loadBalancer\.external: .*wanted: internal alone beside existing: true/),
      expect.stringMatching(/^loadBalancer\.prefixLength: is for keepalived.*wanted: internal alone/),
    ]);
    expect(mistakesOf(besideExistingText((s) => (s.loadBalancer.internal.routerId = 51)))).toEqual([
      expect.stringMatching(/loadBalancer\.internal\.routerId: is for keepalived.*wanted: address and port/),
    ]);
  });

  it('says of each mistake on which line it stands', () => {
    const text = `${besideExistingText((s) => delete s.loadBalancer)}loadBalancer:
  internal: { address: 172.16.0.10 }
  existing: true
  replicated: true
  prefixLength: 24
`;
    const line = text.split('\n').length - 1;
    expect(mistakesOf(text)).toEqual([
      expect.stringMatching(new RegExp(`^spec.yaml:${line}:3 loadBalancer.prefixLength: `)),
    ]);
  });

  it('takes no address of a host', () => {
    expect(mistakesOf(besideExistingText((s) => (s.loadBalancer.internal.address = '10.0.0.31')))).toEqual([
      expect.stringContaining('loadBalancer.internal.address: 10.0.0.31 is the host master-1; wanted: '),
    ]);
  });

  it('is a single point of failure without the word that it is more than one machine', () => {
    const alone = (accepted: string[]) =>
      besideExistingText((s) => {
        delete s.loadBalancer.replicated;
        s.singlePointsOfFailure.push(...accepted);
      });
    expect(mistakesOf(alone([]))).toEqual([
      expect.stringMatching(
        /loadBalancer\.existing: single point of failure: load-balancer: .*replicated: true/,
      ),
    ]);
    expect(mistakesOf(alone(['load-balancer']))).toEqual([]);
  });

  it('is the only one of which that word is taken', () => {
    expect(mistakesOf(edited((s) => (s.loadBalancer.replicated = true)))).toEqual([
      expect.stringMatching(/loadBalancer\.replicated: .*wanted: existing: true beside it/),
    ]);
    const unsaid = edited((s) => Object.assign(s.loadBalancer, { existing: false, replicated: false }));
    expect(clusterOf(unsaid)).toEqual(exampleCluster('twelve-hosts'));
  });
});

describe('the plan beside a load balancer that exists', () => {
  const made = plan(cluster);

  it('sets none up, and tries the way through it before Kubespray runs and after', () => {
    expect(ids(made).filter((id) => ofOwn.includes(id))).toEqual([]);
    expect(one(made, 'check-existing-load-balancer')).toMatchObject({
      host: 'bastion-1',
      input: {
        server: 'https://172.16.0.10:8443',
        apiServers: ['master-1', 'master-2', 'master-3', 'worker-1', 'worker-2'].map((name) => ({ name })),
        clients: ['master-1', 'master-2', 'master-3', 'worker-1', 'worker-2', 'worker-3'],
      },
    });
    const { others } = one(made, 'check-existing-load-balancer');
    expect(others).toEqual(['master-1', 'master-2', 'master-3', 'worker-1', 'worker-2', 'worker-3']);
    expect(made.phases.find(({ id }) => id === 'kubernetes')?.after).toContain('load-balancers');
    expect(one(made, 'copy-kubeconfig').input.server).toBe('https://172.16.0.10:8443');
    expect(one(made, 'check-api-through-load-balancers').input).toEqual({
      loadBalancer: cluster.loadBalancer,
    });
    expect(made.promotion).toBe('all masters lost = a worker is promoted (worker-1, worker-2)');
  });

  it('names no phase and no host that is not there, in any kind of change', () => {
    const added = besideExisting((s) =>
      s.hosts.push({ name: 'worker-4', address: '10.0.0.44', roles: ['worker'] }),
    );
    const promotion = { candidate: 'worker-1', lost: ['master-1'], controlPlane: ['master-1'] };
    const plans: Plan[] = [
      made,
      additionPlan(added, ['worker-4']),
      removalPlan({ last: added, next: cluster, nodes: ['worker-4'], dead: false }),
      resetPlan(cluster),
      restorePlan(cluster),
      promotionPlan(cluster, promotion as never),
      demotionPlan(cluster, { host: 'worker-1', serving: ['master-1', 'master-2'] } as never),
    ];
    for (const each of plans) {
      const known = each.phases.map(({ id }) => id);
      expect(each.phases.flatMap(({ after }) => after).filter((id) => !known.includes(id))).toEqual([]);
      expect(ids(each).filter((id) => ofOwn.includes(id))).toEqual([]);
      expect(JSON.stringify(each)).not.toContain('"lb-');
    }
  });

  it('asks of a host that joins whether it is led to the API as well', () => {
    const added = additionPlan(cluster, ['worker-3']);
    expect(one(added, 'check-existing-load-balancer').input.clients).toEqual(['worker-3']);
  });

  it('tells who waits for a promoted worker node behind it which backend it must know', () => {
    const promotion = { candidate: 'worker-2', lost: ['master-1'], controlPlane: ['master-1'] };
    const waits = steps(promotionPlan(cluster, promotion as never)).filter(
      ({ id }) => id === 'check-api-server',
    ) as StepOf<'check-api-server'>[];
    expect(waits.map(({ input }) => input)).toEqual([
      { server: 'https://10.0.0.42:6443' },
      { server: 'https://172.16.0.10:8443', backend: { name: 'worker-2', address: '10.0.0.42' } },
    ]);
    expect(one(promotionPlan(cluster, promotion as never), 'check-writes').input.addresses).toEqual([
      '172.16.0.10:8443',
    ]);
  });
});

describe('beside a load balancer that exists', () => {
  it('Kubespray is told its address, and certificates carry it', () => {
    const [all, k8s] = renderGroupVars(inventoryInput(cluster), {}).map(
      ({ content }) => load(content) as Record<string, unknown>,
    );
    expect(all).toMatchObject({
      loadbalancer_apiserver: { address: '172.16.0.10', port: 8443 },
      loadbalancer_apiserver_localhost: false,
      apiserver_loadbalancer_domain_name: '172.16.0.10',
    });
    const names = k8s?.['supplementary_addresses_in_ssl_keys'];
    expect(names).toEqual(expect.arrayContaining(['172.16.0.10', '10.0.0.31', 'worker-1']));
    expect(names).not.toContain(null);
  });

  it('no port of it is tried, no firewall is asked for it, and no host carries an address', () => {
    const matrix = reachabilityMatrix(cluster);
    expect(matrix.filter(({ protocol, port }) => protocol === 'vrrp' || port === 8443)).toEqual([]);
    expect(matrix.flatMap(({ to }) => to)).not.toContain('172.16.0.10');
    expect(virtualAddresses(cluster)).toEqual([]);
    expect(firewallNeeds(cluster)).toMatchObject({ balancers: [], outsidePorts: [] });
    expect(haRulesInput(cluster)).toMatchObject({ balancers: [], loadBalancer: { existing: true } });
  });

  it('nothing of it is healed', () => {
    expect(() => healStep(cluster, 'load-balancer', 'bastion-1', [])).toThrow('no load balancer of its own');
  });

  it('a promotion is possible, and the plan says so', () => {
    expect(promotionLine(cluster)).toContain('a worker is promoted');
  });
});

describe('a cluster that lives', () => {
  it('does not go from its own load balancers to one that exists, nor back', () => {
    const stays = (next: Cluster, last: Cluster) =>
      changes(last, next).find(({ path }) => path === 'loadBalancer.existing');
    const own = exampleCluster('twelve-hosts');
    for (const change of [stays(cluster, own), stays(own, cluster)])
      expect(change).toMatchObject({ allowed: false, why: expect.stringContaining('no verb') as string });
  });

  it('may be told that the load balancer is more than one machine by now', () => {
    const alone = besideExisting((s) => {
      delete s.loadBalancer.replicated;
      s.singlePointsOfFailure.push('load-balancer');
    });
    expect(changes(alone, cluster)).toMatchObject([
      { path: 'loadBalancer.replicated', allowed: true, why: expect.stringContaining('yours') as string },
      { path: 'singlePointsOfFailure', allowed: true },
    ]);
  });
});
