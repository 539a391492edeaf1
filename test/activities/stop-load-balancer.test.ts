import { beforeEach, describe, expect, it } from 'vitest';
import { stopLoadBalancer } from '../../activities/stop-load-balancer.ts';
import { haproxyConfigPath } from '../../cluster/render/haproxy.ts';
import { keepalivedConfigPath } from '../../cluster/render/keepalived.ts';
import type { FakeHost } from '../../hosts/fake.ts';
import { balancerHost } from './balancer-hosts.ts';
import { runStep } from './run-step.ts';

const units = ['keepalived.service', 'haproxy.service'] as const;
let host: FakeHost;
let running: Set<string>;
const stop = () => runStep(stopLoadBalancer, {}, [host]);

beforeEach(() => {
  running = new Set(units);
  host = balancerHost('lb-1', '10.0.0.11');
  for (const unit of units) {
    host.on(`systemctl is-active ${unit}; systemctl is-enabled ${unit}`, () => {
      const on = running.has(unit);
      return { stdout: on ? 'active\nenabled\n' : 'inactive\ndisabled\n', code: on ? 0 : 1 };
    });
    host.on(`systemctl disable -q --now ${unit}`, () => (running.delete(unit), {}));
  }
  for (const path of [haproxyConfigPath, keepalivedConfigPath])
    host.file(path, '# Written by holdfast: changes made here are overwritten.\n');
});

describe('stop-load-balancer', () => {
  it('stops both for good, and a second time finds them so', async () => {
    expect(await stop()).toEqual({
      changed: true,
      summary: 'stopped for good: keepalived.service, haproxy.service',
    });
    expect(running.size).toBe(0);
    expect(await stop()).toEqual({ changed: false, summary: 'no load balancer of holdfast’s runs' });
  });

  it('leaves a program alone whose configuration somebody else wrote', async () => {
    host.file(haproxyConfigPath, 'frontend theirs\n');
    expect(await stop()).toMatchObject({ summary: 'stopped for good: keepalived.service' });
    expect(running.has('haproxy.service')).toBe(true);
  });

  it('says which one does not stay down', async () => {
    host.on('systemctl disable -q --now haproxy.service', {});
    await expect(stop()).rejects.toMatchObject({
      type: 'NotYet',
      message: expect.stringContaining('haproxy.service is active, enabled after it was stopped') as unknown,
    });
  });
});
