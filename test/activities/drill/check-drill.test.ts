import { describe, expect, it } from 'vitest';
import { MockActivityEnvironment } from '@temporalio/testing';
import type { Client } from '@temporalio/client';
import { WorkflowNotFoundError } from '@temporalio/client';
import type { DrillHosts } from '../../../activities/check-drill.ts';
import { checkDrill, whyNotWell } from '../../../activities/check-drill.ts';
import type { FailoverStatus } from '../../../cluster/failover/status.ts';
import type { StepInputs } from '../../../cluster/steps.ts';
import { type FakeHost, fakeHost, fakeHosts } from '../../../hosts/fake.ts';
import { callOf, targetOf } from '../call.ts';
import { failureOf } from '../call-step.ts';

const well = {
  state: 'watching',
  degraded: [],
  picture: {},
  controlPlane: ['master-1', 'master-2', 'worker-1'],
  promoted: ['worker-1'],
  candidates: { 'worker-2': {} },
} as unknown as FailoverStatus;

describe('a cluster', () => {
  it.each<[string, FailoverStatus | undefined, string]>([
    ['that nobody watches', undefined, 'failover does not watch this cluster'],
    [
      'that is degraded',
      { ...well, state: 'degraded', degraded: ['lb-1: haproxy is down'] },
      'haproxy is down',
    ],
    [
      'of which failover is paused',
      { ...well, paused: { reason: 'new switches', since: '' } },
      'new switches',
    ],
    [
      'that was not looked at yet',
      { ...well, picture: undefined } as unknown as FailoverStatus,
      'not looked',
    ],
    [
      'that waits for a person',
      {
        ...well,
        waitingFor: { reason: 'blind', why: 'nobody sees it', help: [] },
      } as unknown as FailoverStatus,
      'nobody sees it',
    ],
    ['whose backups are not well', { ...well, backup: { problem: 'two days old' } }, 'two days old'],
  ])('%s has no drill', (_, status, why) => {
    expect(whyNotWell(status, 'etcd')).toContain(why);
  });

  it('that is well has one; of all masters only with a candidate that is ready', () => {
    expect(whyNotWell(well, 'etcd')).toBeUndefined();
    expect(whyNotWell(well, 'all-masters')).toBeUndefined();
    const unready = { ...well, candidates: { 'worker-2': { problem: 'images' }, 'worker-3': null } };
    expect(whyNotWell(unready as FailoverStatus, 'all-masters')).toContain('no candidate');
    expect(whyNotWell(unready as FailoverStatus, 'master')).toBeUndefined();
  });
});

describe('check-drill', () => {
  const bastion = fakeHost('bastion-1');
  const lb = (name: string, holds: boolean) =>
    fakeHost(name).on('ip -o -4 addr show to 10.0.0.100/32', { stdout: holds ? '2: eth0 inet …\n' : '' });
  const id = (n: number) => n * 1_000_000_007;
  const members = [21, 22, 23].map((last) => ({
    Endpoint: `https://10.0.0.${last}:2379`,
    Status: { leader: id(22), header: { member_id: id(last) } },
  }));
  const etcd = (name: string, answers = true) =>
    fakeHost(name).on(/etcdctl .* endpoint status --cluster -w json/, {
      code: answers ? 0 : 1,
      stdout: answers ? JSON.stringify(members) : '',
    });

  /** What Temporal says: the change, if one is open, and failover's status. */
  function client(change: string | undefined, status: FailoverStatus | undefined): Client {
    const handle = (workflowId: string) => ({
      describe: () => {
        if (workflowId.endsWith(':change') && change === undefined)
          return Promise.reject(new WorkflowNotFoundError('none', workflowId, undefined));
        return Promise.resolve({ status: { name: 'RUNNING' }, runId: '1', type: change });
      },
      query: () =>
        status && !workflowId.endsWith(':change')
          ? Promise.resolve(status)
          : Promise.reject(new Error('nobody answers')),
    });
    return {
      workflow: { getHandle: handle },
      withDeadline: (_: number, ask: () => Promise<unknown>) => ask(),
      withAbortSignal: (_: AbortSignal, act: () => Promise<unknown>) => act(),
    } as unknown as Client;
  }

  function run(
    story: StepInputs['check-drill']['story'],
    hosts: readonly FakeHost[],
    temporal = client(undefined, well),
    promoteBelow?: number,
  ): Promise<DrillHosts> {
    const input = {
      story,
      balancers: ['lb-1', 'lb-2'],
      etcd: [21, 22, 23].map((last) => ({ name: `etcd-${last - 20}`, address: `10.0.0.${last}` })),
      internal: '10.0.0.100',
      ...(promoteBelow !== undefined && { promoteBelow }),
    };
    const call = callOf<'check-drill'>(
      input,
      targetOf('bastion-1'),
      hosts.map(({ name }) => targetOf(name)),
    );
    const environment = new MockActivityEnvironment({}, { client: temporal });
    const deps = {
      hosts: fakeHosts(bastion, ...hosts),
      readLocalFile: () => Promise.reject(new Error('no file')),
    };
    return environment.run(checkDrill(deps), call);
  }

  it('finds whom a story is about', async () => {
    expect((await run('master', [])).hosts).toEqual(['master-2']);
    expect((await run('frozen-master', [])).hosts).toEqual(['master-2']);
    expect((await run('all-masters', [])).hosts).toEqual(['master-1', 'master-2', 'worker-1']);
    expect((await run('load-balancer', [lb('lb-1', false), lb('lb-2', true)])).hosts).toEqual(['lb-2']);
    expect((await run('etcd', [etcd('etcd-1', false), etcd('etcd-2')])).hosts).toEqual(['etcd-2']);
  });

  it('refuses what would have a worker node promoted unasked, and to break the bastion', async () => {
    const temporal = client(undefined, well);
    expect((await run('master', [], temporal, 2)).hosts).toEqual(['master-2']);
    expect((await failureOf(run('master', [], temporal, 3))).message).toContain('and 2 would serve');
    // No part of the control plane: nothing is promoted in its place.
    expect((await run('etcd', [etcd('etcd-1')], temporal, 3)).hosts).toEqual(['etcd-2']);
    const all = client(undefined, { ...well, controlPlane: ['bastion-1'], promoted: [] });
    expect((await failureOf(run('all-masters', [], all))).message).toContain('bastion-1 is the bastion too');
  });

  it('refuses while a change is open, where nobody watches, and where there is no such host', async () => {
    expect((await failureOf(run('master', [], client('bringUp', well)))).message).toContain('bringUp');
    expect(await failureOf(run('master', [], client(undefined, undefined)))).toMatchObject({
      type: 'ProblemFound',
      message: expect.stringContaining('failover does not watch this cluster') as string,
    });
    const nobody = run('load-balancer', [lb('lb-1', false), lb('lb-2', false)]);
    expect((await failureOf(nobody)).message).toContain('there is no host for load-balancer');
  });
});
