/* eslint-disable @typescript-eslint/no-unsafe-member-access, @typescript-eslint/no-unsafe-assignment, @typescript-eslint/no-unsafe-call, @typescript-eslint/no-unsafe-return -- edits write what no type allows */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { changes } from '../../cluster/changes.ts';
import { demotionPlan } from '../../cluster/demotion-plan.ts';
import { drillSteps } from '../../cluster/drill/steps.ts';
import { drillTimes } from '../../cluster/drill/stories.ts';
import { situationOf } from '../../cluster/failover/situation.ts';
import { watchInput } from '../../cluster/failover/watch-input.ts';
import { apiServer, nfsHost } from '../../cluster/hosts-of.ts';
import type { Plan } from '../../cluster/plan-types.ts';
import { plan } from '../../cluster/plan.ts';
import { promotionPlan } from '../../cluster/promotion-plan.ts';
import type { StepId, StepInputs } from '../../cluster/steps.ts';
import { clusterOf, exampleCluster, exampleText } from './example.ts';
import { edited } from './edited.ts';
import type { LooseSpec } from './edited.ts';
import { hostOf, severalAddresses } from './several-addresses.ts';

const several = clusterOf(severalAddresses());
const masters = ['master-1', 'master-2', 'master-3'];
const lost = { candidate: 'worker-1', lost: masters, controlPlane: masters, reason: 'r', by: 'p' };

function inputOf<Id extends StepId>(made: Plan, id: Id, host?: string): StepInputs[Id] {
  const steps = made.phases.flatMap((phase) => phase.steps);
  const found = steps.find((step) => step.id === id && (host === undefined || step.host === host));
  return found?.input as StepInputs[Id];
}

const situation = (cluster: typeof several) =>
  situationOf(
    cluster,
    { promoted: [], forgotten: [], joining: [], halfDemoted: [], readiness: {}, leaveAlone: {} },
    { change: 'none', approved: false, paused: false, rules: 7, promoting: 'worker-1' },
  );
const watched = (cluster: typeof several) =>
  watchInput(cluster, { controlPlane: masters, candidates: ['worker-1', 'worker-2'] });

describe('a host with several addresses', () => {
  it('is reached by SSH at one, by the others at one, and holds one', () => {
    const [, , , , , etcd3] = several.hosts;
    expect(etcd3).toMatchObject({
      name: 'etcd-3',
      address: '172.20.0.23',
      ip: '10.0.0.23',
      etcdMember: 'etcd3',
      ssh: { address: '172.16.0.23', via: { address: '192.168.7.5' } },
    });
    expect(several.hosts[0]).toMatchObject({ address: '10.0.0.5', ssh: { address: '192.168.7.5' } });
    expect(several.hosts[0]).not.toHaveProperty('ip');
  });

  it('is dialled at the address that the others have for it, and binds the one that it holds', () => {
    const { matrix, hosts } = inputOf(plan(several), 'check-reachability');
    expect(hosts).toMatchObject({
      'bastion-1': { address: '10.0.0.5', ip: '10.0.0.5' },
      'etcd-3': { address: '172.20.0.23', ip: '10.0.0.23' },
    });
    const at = (port: number) => [...new Set(matrix.filter((one) => one.port === port).map((one) => one.at))];
    expect(at(22)).toEqual(['ssh']);
    for (const port of [2379, 2380, 6443, 30443]) expect(at(port)).toEqual([undefined]);
    for (const port of [10250, 8472, 112]) expect(at(port)).toEqual(['ip']);
  });

  it('lets the bastion in by what it may see it come from, not by where the worker finds it', () => {
    expect(inputOf(plan(several), 'trust-bastion', 'etcd-1')).toEqual({
      bastions: ['bastion-1'],
      from: { 'bastion-1': ['10.0.0.5'] },
    });
  });

  it('is found by the bastion where the others find it, if it is a bastion itself', () => {
    const cluster = clusterOf(severalAddresses((spec) => hostOf(spec, 'bastion-1').roles.push('worker')));
    expect(inputOf(plan(cluster), 'trust-bastion', 'bastion-1').address).toBe('10.0.0.5');
    const { hosts } = inputOf(plan(cluster), 'run-kubespray');
    expect(hosts[0]).toMatchObject({ name: 'bastion-1', address: '10.0.0.5' });
    expect(hosts[0]).not.toHaveProperty('sshAddress');
  });

  it('stands with HAProxy as the others reach it, and with keepalived as it is', () => {
    const made = plan(clusterOf(severalAddresses((spec) => (hostOf(spec, 'lb-1').accessIp = '172.20.0.11'))));
    const { balancers, workerNodes } = inputOf(made, 'configure-keepalived');
    expect(balancers[0]).toEqual({ name: 'lb-1', address: '10.0.0.11' });
    expect(workerNodes[2]).toEqual({ name: 'worker-3', address: '172.20.0.43' });
    expect(inputOf(made, 'configure-etcd-proxy').etcd[2]).toEqual({
      name: 'etcd-3',
      address: '172.20.0.23',
    });
  });

  it('advertises its own address as an API server, and may be called by each', () => {
    const promotion = promotionPlan(several, lost);
    expect(inputOf(promotion, 'restore-pki').candidate).toEqual({
      name: 'worker-1',
      address: '10.0.0.41',
      others: ['172.16.0.41'],
    });
    expect(inputOf(promotion, 'check-api-server', 'worker-1').server).toBe('https://10.0.0.41:6443');
    const demotion = demotionPlan(several, { host: 'worker-3', serving: masters, reason: 'r', by: 'p' });
    expect(inputOf(demotion, 'check-control-plane-left').left).toEqual({
      name: 'worker-3',
      address: '10.0.0.43',
    });
    expect(inputOf(plan(several), 'check-ha-rules').advertised).toEqual({
      'master-1': '10.0.0.31',
      'master-2': '10.0.0.32',
      'master-3': '10.0.0.33',
    });
  });

  it('holds its lease in etcd by its own address', () => {
    const cluster = clusterOf(
      severalAddresses((spec) => {
        hostOf(spec, 'master-1').accessIp = '172.20.0.31';
        hostOf(spec, 'worker-1').accessIp = '172.20.0.41';
      }),
    );
    const seen = situation(cluster);
    expect(seen.controlPlane[0]).toEqual({ name: 'master-1', address: '10.0.0.31' });
    expect(seen.candidates[0]).toEqual({ name: 'worker-1', address: '10.0.0.41' });
    expect(seen.promoting).toEqual({ name: 'worker-1', address: '10.0.0.41' });
    expect(watched(cluster).apiServers[0]).toEqual({ name: 'master-1', address: '172.20.0.31' });
  });

  it('is watched by SSH from the bastion as the spec says, and told by whatever name etcd has for it', () => {
    const { ssh, etcd, vantagePoints } = watched(several);
    expect(ssh[0]).toEqual({
      name: 'master-1',
      address: '10.0.0.31',
      port: 22,
      sshAddress: '172.16.0.31',
    });
    expect(etcd.map(({ address, aliases }) => [address, aliases])).toEqual([
      ['10.0.0.21', ['etcd1']],
      ['10.0.0.22', ['etcd2']],
      ['172.20.0.23', ['10.0.0.23', 'etcd3']],
    ]);
    expect(vantagePoints.map(({ address }) => address)).toEqual(['10.0.0.5', '10.0.0.11', '10.0.0.12']);
  });

  it('asks at the external address from its own, and is admitted by that', () => {
    const admits = (network: string) => {
      const cluster = clusterOf(
        severalAddresses((spec) => {
          spec.loadBalancer.external.apiPort = 6443;
          spec.loadBalancer.external.apiAllow = [network];
        }),
      );
      const { probe } = drillSteps(cluster, 'master', drillTimes('master'));
      return [
        inputOf(plan(cluster), 'check-api-through-load-balancers').allowedFrom,
        watched(cluster).vantagePoints[0]?.asks.includes('external'),
        (probe.input as StepInputs['start-prober']).targets.length === 2,
        inputOf(promotionPlan(cluster, lost), 'check-writes').addresses.length === 2,
      ];
    };
    expect(admits('10.0.0.5/32')).toEqual(['bastion-1', true, true, true]);
    expect(admits('192.168.7.0/24')).toEqual([undefined, false, false, false]);
    expect(admits('172.20.0.43/32')).toEqual([undefined, false, false, false]);
  });

  it('mounts from its own address, and serves files at the one that the others have for it', () => {
    const nfs = (server: string) =>
      clusterOf(
        severalAddresses((spec) => {
          spec.hosts.push({
            name: 'nfs-1',
            address: '172.16.0.61',
            ip: '10.0.0.61',
            accessIp: '172.20.0.61',
            roles: ['nfs-server'],
          });
          spec.storage.nfs.server = server;
        }),
      );
    for (const server of ['nfs-1', '172.16.0.61', '10.0.0.61', '172.20.0.61'])
      expect(nfsHost(nfs(server))?.name).toBe('nfs-1');
    const made = plan(nfs('nfs-1'));
    expect(inputOf(made, 'install-nfs-server').clients).toContain('10.0.0.43');
    expect(inputOf(made, 'create-storage-class').serverAddress).toBe('172.20.0.61');
    expect(watched(nfs('nfs-1')).nfs).toBe('172.20.0.61');
  });

  it('is the API without a load balancer at the address that the others have for it', () => {
    const cluster = clusterOf(
      edited((spec) => Object.assign(spec.hosts[1], { accessIp: '172.20.0.31' }), 'small'),
    );
    expect(apiServer(cluster)).toBe('https://172.20.0.31:6443');
  });
});

/** What the spec says of a host's addresses, beside `address`. */
const said = fc.array(fc.constantFrom('', 'ip', 'accessIp', 'both'), { minLength: 12, maxLength: 12 });

describe('the keys ip and accessIp', () => {
  it('say nothing new where they say what holds without them', () => {
    fc.assert(
      fc.property(said, (picks) => {
        const text = edited((spec) => {
          for (const [i, pick] of picks.entries()) {
            const host: LooseSpec = spec.hosts[i];
            if (pick === 'ip' || pick === 'both') host.ip = host.address;
            if (pick === 'accessIp' || pick === 'both') host.accessIp = host.address;
          }
        });
        expect(clusterOf(text)).toEqual(exampleCluster('twelve-hosts'));
      }),
      { numRuns: 20 },
    );
  });

  it('make a Cluster and a plan that are plain data, each address where Kubespray has it', () => {
    fc.assert(
      fc.property(said, (picks) => {
        const cluster = clusterOf(
          edited((spec) => {
            for (const [i, pick] of picks.entries()) {
              const host: LooseSpec = spec.hosts[i];
              if (pick === 'accessIp' || pick === 'both') host.accessIp = `172.20.0.${i + 1}`;
              if (pick !== 'ip' && pick !== 'both') continue;
              host.ip = host.address;
              host.address = `172.16.0.${i + 1}`;
            }
          }),
        );
        expect(JSON.parse(JSON.stringify(cluster))).toEqual(cluster);
        for (const made of [plan(cluster), watched(cluster), situation(cluster)])
          expect(JSON.parse(JSON.stringify(made))).toEqual(made);
        const before = exampleCluster('twelve-hosts');
        // What a host holds stays what it was: only who reaches it where has changed.
        expect(situation(cluster)).toEqual(situation(before));
        expect(inputOf(plan(cluster), 'configure-keepalived').balancers).toEqual(
          inputOf(plan(before), 'configure-keepalived').balancers,
        );
      }),
      { numRuns: 20 },
    );
  });

  it('let SSH go by another address without a word to anything else', () => {
    const before = exampleCluster('twelve-hosts');
    const moved = clusterOf(
      edited((spec) => {
        for (const host of spec.hosts) {
          host.ip = host.address;
          host.address = host.ip.replace('10.0.', '172.16.');
        }
      }),
    );
    const ids = [
      'configure-haproxy',
      'configure-keepalived',
      'configure-etcd-proxy',
      'copy-kubeconfig',
      'create-storage-class',
    ] as const;
    for (const id of ids) expect(inputOf(plan(moved), id)).toEqual(inputOf(plan(before), id));
    const found = changes(before, moved);
    expect(found).toHaveLength(12);
    expect(found.every(({ path, allowed }) => /^hosts\.[^.]+\.ssh\.address$/.test(path) && allowed)).toBe(
      true,
    );
  });

  it('are in no input of a plan where no host has them', () => {
    const text = JSON.stringify(plan(clusterOf(exampleText('twelve-hosts'))));
    for (const key of ['ip', 'at', 'advertised', 'sshAddress', 'etcdMember'])
      expect(text).not.toContain(`"${key}":`);
    expect(inputOf(plan(exampleCluster('twelve-hosts')), 'trust-bastion')).toEqual({
      bastions: ['bastion-1'],
    });
  });
});
