import { statSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { probeAccess, removeProbeAccess } from '../../../activities/drill/probe-access.ts';
import { readProber, removeProber, launchProber, stopProber } from '../../../activities/drill/prober.ts';
import { fakeHost } from '../../../hosts/fake.ts';
import { LocalHost } from '../local-host.ts';

const signal = new AbortController().signal;
const ca = '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n';

describe('a prober on a host', () => {
  const job = 'holdfast-demo-drill-prober-01234567-1';
  /** Nobody listens there: every try fails, and the certificate is never looked at. */
  const targets = [{ address: 'internal', host: '127.0.0.1', port: 1 }] as const;
  const access = { ca: '', token: 'a-token' };
  let host: LocalHost;
  beforeEach(async () => void (host = await LocalHost.make('worker-3')));
  afterEach(() => host.remove());

  it('is started once, tells what it saw, ends when told to, and leaves nothing', async () => {
    const wanted = { access, targets, seconds: 60 };
    await launchProber(host, job, wanted, signal);
    await launchProber(host, job, wanted, signal);
    expect(host.done.filter((what) => what.startsWith('start '))).toHaveLength(1);
    expect(statSync(host.path(`/run/holdfast/${job}`)).mode & 0o777).toBe(0o700);
    const seen = async () => (await readProber(host, job, signal))?.tries.length ?? 0;
    await expect.poll(seen, { timeout: 20_000 }).toBeGreaterThan(4);
    await stopProber(host, job, signal);
    const log = await readProber(host, job, signal);
    expect(log).toMatchObject({
      client: 'worker-3',
      every: 0.1,
      streams: [
        { address: 'internal', kind: 'read' },
        { address: 'internal', kind: 'write' },
      ],
      ended: expect.any(Number) as number,
    });
    expect(log?.tries[0]?.error).toBe('connect refused');
    await removeProber(host, job, signal);
    expect(await readProber(host, job, signal)).toBeUndefined();
  });

  it('that was never started is told to end without a word', async () => {
    await stopProber(host, job, signal);
    expect(await readProber(host, job, signal)).toBeUndefined();
  });

  it('does not show its token where it starts', async () => {
    await launchProber(host, job, { access, targets, seconds: 60 }, signal);
    expect(host.done.join('\n')).not.toContain('a-token');
  });
});

describe('access for probers', () => {
  const kubectl = 'kubectl --kubeconfig /var/lib/holdfast/demo/kubeconfig --request-timeout=20s';
  const bastion = (token: string) =>
    fakeHost('bastion-1')
      .expect(`${kubectl} apply -f -`)
      .expect(/config view --raw/, { stdout: Buffer.from(ca).toString('base64') })
      .expect(`${kubectl} create token prober -n holdfast-drill --duration=900s`, { stdout: `${token}\n` });

  it('is an account that may touch its own objects alone, and a token that ends by itself', async () => {
    const host = bastion('a-token');
    const maps = ['probe-bastion-1-internal', 'probe-worker-3-internal'];
    expect(await probeAccess(host, 'demo', maps, 900, signal)).toEqual({ ca, token: 'a-token' });
    host.verify();
    const { items } = JSON.parse(host.stdins[0] ?? '') as { items: { kind: string; rules?: unknown }[] };
    expect(items.map(({ kind }) => kind)).toEqual([
      ...['Namespace', 'ServiceAccount', 'ConfigMap', 'ConfigMap', 'Role', 'RoleBinding'],
    ]);
    expect(items[4]?.rules).toEqual([
      { apiGroups: [''], resources: ['configmaps'], resourceNames: maps, verbs: ['get', 'patch'] },
    ]);
  });

  it('without a token is an error that says what to try', async () => {
    await expect(probeAccess(bastion(''), 'demo', [], 900, signal)).rejects.toThrow('kubectl gave no token');
  });

  it('is taken away with all that it could touch', async () => {
    const host = fakeHost('bastion-1').expect(
      `${kubectl} delete namespace holdfast-drill --ignore-not-found --wait=false`,
    );
    await removeProbeAccess(host, 'demo', signal);
    host.verify();
  });
});
