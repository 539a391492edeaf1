import { beforeEach, describe, expect, it } from 'vitest';
import { healLoadBalancer } from '../../activities/heal-load-balancer.ts';
import type { FakeHost } from '../../hosts/fake.ts';
import { balancerInput } from '../cluster/render/inputs.ts';
import { balancerHost } from './balancer-hosts.ts';
import { runStep } from './run-step.ts';
import { changesOf, held, running, unitsAre } from './unit-states.ts';

const [haproxy, keepalived] = ['haproxy.service', 'keepalived.service'] as const;
const well = { [haproxy]: running, [keepalived]: running };
const { loadBalancer } = balancerInput;
const heal = () => runStep(healLoadBalancer, { loadBalancer }, [host]);

let host: FakeHost;
const carries = (...answers: number[]) =>
  host.on(/^curl .*127\.0\.0\.1:8405/, () => ({
    code: (answers.length > 1 ? answers.shift() : answers[0])!,
  }));
const start = (unit: string) => host.on(`systemctl reset-failed ${unit}; systemctl restart ${unit}`);
const kill = (unit: string, whom: string) => host.on(`systemctl kill -s KILL --kill-who=${whom} ${unit}`);

beforeEach(() => {
  host = balancerHost('lb-1', '10.0.0.11')
    .on(/^haproxy -c -f/)
    .on(/^curl .*https:\/\/10\.0\.0\.10[01]:6443\/readyz/);
  unitsAre(host, well);
  carries(0);
});

describe('heal-load-balancer', () => {
  it('touches nothing that runs well', async () => {
    expect(await heal()).toEqual({ changed: false, summary: 'haproxy and keepalived run well' });
    expect(changesOf(host)).toEqual([]);
  });

  it.each([
    ['dead', 'inactive dead', 'inactive'],
    ['failed', 'failed failed', 'failed'],
    ['waiting for systemd’s next try', 'activating auto-restart', 'activating/auto-restart'],
  ])('starts a haproxy that is %s', async (_, state, told) => {
    unitsAre(host, { ...well, [haproxy]: state }, well);
    start(haproxy);
    expect(await heal()).toEqual({ changed: true, summary: `${haproxy} was ${told}: started` });
  });

  it('ends a haproxy that is held by SIGSTOP, and one that hangs, and starts it', async () => {
    kill(haproxy, 'main');
    start(haproxy);
    unitsAre(host, { ...well, [haproxy]: held }, well);
    expect(await heal()).toMatchObject({ summary: `${haproxy} was held by SIGSTOP: ended and started` });
    unitsAre(host, well);
    carries(28, 0);
    expect(await heal()).toMatchObject({ summary: `${haproxy} hung: ended and started` });
  });

  it('does not start a haproxy that refuses its configuration', async () => {
    unitsAre(host, { ...well, [haproxy]: 'failed failed' });
    host.on(/^haproxy -c -f/, { code: 1, stderr: '[ALERT] unknown keyword\n' });
    await expect(heal()).rejects.toMatchObject({
      type: 'ProblemFound',
      message: expect.stringContaining('unknown keyword') as string,
    });
    expect(changesOf(host)).toEqual([]);
  });

  it('starts a dead keepalived, and ends one that is held with all its processes', async () => {
    start(keepalived);
    unitsAre(host, { ...well, [keepalived]: 'inactive dead' }, well);
    expect(await heal()).toMatchObject({ summary: `${keepalived} was inactive: started` });
    kill(keepalived, 'all');
    unitsAre(host, { ...well, [keepalived]: 'active running Ss T' }, well);
    expect(await heal()).toMatchObject({ summary: `${keepalived} was held by SIGSTOP: ended and started` });
  });

  it('has keepalived elect and announce anew where an address takes no connection', async () => {
    host.on(/^curl .*10\.0\.0\.100:6443/, { code: 7 });
    start(keepalived);
    expect(await heal()).toEqual({
      changed: true,
      summary: `10.0.0.100:6443 took no connection: ${keepalived} started anew`,
    });
  });

  it('leaves keepalived alone where haproxy takes connections and no API server is behind it', async () => {
    host.on(/^curl .*10\.0\.0\.100:6443/, { code: 35 });
    expect(await heal()).toMatchObject({ changed: false });
  });

  it.each([
    ['dies again', [{ ...well, [haproxy]: 'failed failed' }], [0], 'haproxy.service is failed'],
    [
      'does not answer',
      [{ ...well, [haproxy]: 'failed failed' }, well],
      [28],
      'haproxy runs and does not answer',
    ],
  ])('says so where haproxy, started, %s', async (_, states, answers, message) => {
    unitsAre(host, ...states);
    carries(...answers);
    start(haproxy);
    await expect(heal()).rejects.toMatchObject({
      type: 'NotYet',
      message: expect.stringContaining(message) as string,
    });
  });
});
