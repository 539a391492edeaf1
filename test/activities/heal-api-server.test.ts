import { beforeEach, describe, expect, it } from 'vitest';
import { healApiServer } from '../../activities/heal-api-server.ts';
import { type FakeHost, fakeHost } from '../../hosts/fake.ts';
import { runStep } from './run-step.ts';
import { changesOf, held, running, unitsAre } from './unit-states.ts';

const [containerd, kubelet, proxy] = [
  'containerd.service',
  'kubelet.service',
  'holdfast-etcd-proxy.service',
] as const;
const well = { [containerd]: running, [kubelet]: running, [proxy]: running };
const now = 1_800_000_000;

let host: FakeHost;
const heal = () => runStep(healApiServer, {}, [host]);
/** Codes that /readyz gives, one a question; the last one stays. */
const readyz = (...codes: string[]) =>
  host.on(/^end=.*\n.*\/readyz/, () => ({ stdout: `${codes.length > 1 ? codes.shift() : codes[0]}\n` }));
const container = (state: string, ageSeconds: number, process = 'Ssl', id = 'new') =>
  host.on(/crictl ps -a/, {
    stdout: `${now}\n${process}\n${JSON.stringify({
      containers: [
        { id, state: `CONTAINER_${state}`, createdAt: `${now - ageSeconds}000000000` },
        { id: 'old', state: 'CONTAINER_EXITED', createdAt: `${now - 900}000000000` },
      ],
    })}`,
  });
const obstacles = (stdout: string) => host.on(/^manifest=/, { stdout });
const start = (unit: string) => host.on(`systemctl reset-failed ${unit}; systemctl restart ${unit}`);
const remove = (...ids: string[]) => host.on(new RegExp(`crictl rm -f ${ids.join(' ')}$`));

beforeEach(() => {
  host = fakeHost('master-1')
    .on(/^grep -q 127\.0\.0\.1:12379/)
    .on(/crictl version$/)
    .on(/10248\/healthz/)
    .on(/admin\.sock/, { stdout: 'holdfast 0123\n' })
    .on(/crictl logs --tail/, { stdout: 'what it said last\n' })
    .on(/readyz\?verbose/, { stdout: '[+]ping ok\n[-]etcd failed: reason withheld\nreadyz check failed\n' });
  unitsAre(host, well);
  obstacles('');
  container('RUNNING', 900);
  readyz('200');
});

describe('heal-api-server', () => {
  it('does nothing where the API server is ready', async () => {
    expect(await heal()).toEqual({ changed: false, summary: 'the API server is ready' });
    expect(host.done).toHaveLength(1);
  });

  it.each([
    [containerd, 'inactive dead', 'was inactive: started'],
    [kubelet, 'failed failed', 'was failed: started'],
    [proxy, 'activating auto-restart', 'was activating/auto-restart: started'],
  ])('starts %s where it is down, and touches nothing else', async (unit, state, told) => {
    readyz('000', '200');
    unitsAre(host, { ...well, [unit]: state });
    start(unit);
    expect(await heal()).toEqual({ changed: true, summary: `${unit} ${told}` });
    expect(changesOf(host)).toHaveLength(1);
  });

  it.each([containerd, kubelet, proxy])(
    'ends %s where SIGSTOP holds it: its main process alone',
    async (unit) => {
      readyz('000', '200');
      unitsAre(host, { ...well, [unit]: held });
      host.on(`systemctl kill -s KILL --kill-who=main ${unit}`);
      start(unit);
      expect(await heal()).toEqual({
        changed: true,
        summary: `${unit} was held by SIGSTOP: ended and started`,
      });
    },
  );

  it.each([
    [containerd, (one: FakeHost) => one.on(/crictl version$/, { code: 137 })],
    [kubelet, (one: FakeHost) => one.on(/10248\/healthz/, { code: 28 })],
    [proxy, (one: FakeHost) => one.on(/admin\.sock/, { stdout: 'timed out\n' })],
  ])('ends %s where it takes a question and does not answer', async (unit, hangs) => {
    readyz('000', '200');
    hangs(host).on(`systemctl kill -s KILL --kill-who=main ${unit}`);
    start(unit);
    expect(await heal()).toEqual({ changed: true, summary: `${unit} hung: ended and started` });
  });

  it('leaves a kubelet alone that refuses the question', async () => {
    readyz('000', '000', '200');
    host.on(/10248\/healthz/, { code: 7 });
    container('RUNNING', 10);
    expect(await heal()).toEqual({ changed: false, summary: 'the API server became ready by itself' });
  });

  it('asks nothing of a proxy that the API server does not use', async () => {
    readyz('000', '000', '200');
    host.on(/^grep -q 127\.0\.0\.1:12379/, { code: 1 });
    container('RUNNING', 10);
    unitsAre(host, { [containerd]: running, [kubelet]: running });
    await heal();
    expect(host.done.find((what) => what.startsWith('for unit in'))).not.toContain(proxy);
  });

  it('removes what a crash loop left, so that kubelet does not wait before the next try', async () => {
    readyz('000', '000', '200');
    container('EXITED', 100);
    remove('new', 'old');
    expect(await heal()).toMatchObject({
      changed: true,
      summary: expect.stringMatching(/had ended/) as string,
    });
  });

  it.each([
    ['held by SIGSTOP', () => container('RUNNING', 5, 'Tsl'), /was held by SIGSTOP/],
    ['silent for longer than a start takes', () => container('RUNNING', 61), /hung/],
  ])('removes a container that is %s', async (_, given, told) => {
    readyz('000', '000', '200');
    given();
    remove('new');
    expect(await heal()).toMatchObject({ changed: true, summary: expect.stringMatching(told) as string });
  });

  it('does not wait for kubelet where the API server itself is held', async () => {
    readyz('000', '000', '200');
    unitsAre(host, { ...well, [kubelet]: held });
    host.on(`systemctl kill -s KILL --kill-who=main ${kubelet}`);
    start(kubelet);
    container('RUNNING', 900, 'Tsl');
    remove('new');
    expect(await heal()).toMatchObject({ changed: true });
    expect(host.done.filter((what) => what.includes('+ 30'))).toEqual([]);
  });

  it('starts kubelet anew where there is no container at all', async () => {
    readyz('000', '000', '200');
    host.on(/crictl ps -a/, { stdout: `${now}\n\n{"containers":[]}` });
    start(kubelet);
    expect(await heal()).toMatchObject({
      summary: expect.stringMatching(/there was no container/) as string,
    });
  });

  it('never ends an API server that answers: it waits for something else, which is named', async () => {
    readyz('500');
    await expect(heal()).rejects.toMatchObject({
      type: 'NotYet',
      message: expect.stringContaining('is not ready (etcd); all that it stands on runs') as string,
      details: [
        expect.objectContaining({ next: 'It does not reach etcd: holdfast status shows the members.' }),
      ],
    });
    expect(changesOf(host)).toEqual([]);
  });

  it('shows the last words of one that does not come back', async () => {
    readyz('000');
    container('EXITED', 100);
    remove('new', 'old');
    await expect(heal()).rejects.toMatchObject({
      type: 'NotYet',
      details: [expect.objectContaining({ tail: 'what it said last' })],
    });
  });

  it.each([
    [
      'absent /etc/kubernetes/manifests/kube-apiserver.yaml\n',
      /is not there: \/etc\/kubernetes\/manifests/,
      /kubeadm init phase/,
    ],
    [
      'expired /etc/kubernetes/ssl/apiserver.crt\n',
      /have expired: .*apiserver\.crt/,
      /kubeadm certs renew all/,
    ],
  ])('leaves to a person what no start cures: %s', async (found, message, next) => {
    readyz('000');
    obstacles(found);
    await expect(heal()).rejects.toMatchObject({
      type: 'ProblemFound',
      message: expect.stringMatching(message) as string,
      details: [expect.objectContaining({ next: expect.stringMatching(next) as string })],
    });
    expect(changesOf(host)).toEqual([]);
  });
});
