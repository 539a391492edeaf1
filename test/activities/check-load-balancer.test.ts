import { beforeEach, describe, expect, it } from 'vitest';
import { checkLoadBalancer } from '../../activities/check-load-balancer.ts';
import { haproxyConfig } from '../../activities/haproxy.ts';
import type { FakeHost } from '../../hosts/fake.ts';
import { balancerInput } from '../cluster/render/inputs.ts';
import { balancerHost, unitIs, up } from './balancer-hosts.ts';
import { runStep } from './run-step.ts';

const { revision } = haproxyConfig(balancerInput, 'lb-1', '/run/haproxy/admin.sock');

function working(...addresses: string[]): FakeHost {
  const host = balancerHost('lb-1', '10.0.0.11', ...addresses)
    .on('haproxy -c -q -f /etc/haproxy/haproxy.cfg')
    .on(/admin\.sock/, { stdout: `${revision}\n` })
    .on(/^curl .*127\.0\.0\.1:8405/)
    .on(/create_connection.* 10\.0\.0\.100:6443 10\.0\.0\.101:443 10\.0\.0\.101:80 10\.0\.0\.101:6443$/s);
  unitIs(host, 'haproxy.service', up);
  return unitIs(host, 'keepalived.service', up);
}

const check = (host: FakeHost, other: FakeHost) => runStep(checkLoadBalancer, balancerInput, [host, other]);
const notYet = (text: string) => ({ type: 'NotYet', message: expect.stringContaining(text) as string });

let one: FakeHost, other: FakeHost;
beforeEach(() => {
  one = working('10.0.0.100');
  other = balancerHost('lb-2', '10.0.0.12', '10.0.0.101');
});

describe('check-load-balancer', () => {
  it('says who holds which address when all is well', async () => {
    expect(await check(one, other)).toEqual({
      changed: false,
      summary: 'haproxy and keepalived run; lb-1 holds 10.0.0.100, lb-2 holds 10.0.0.101',
    });
  });

  it('is content with both addresses on one host', async () => {
    const both = working('10.0.0.100', '10.0.0.101');
    expect(await check(both, balancerHost('lb-2', '10.0.0.12'))).toMatchObject({
      summary: expect.stringContaining('lb-1 holds 10.0.0.101') as string,
    });
  });

  it('fails when no host holds an address, and when two do', async () => {
    await expect(check(working(), other)).rejects.toMatchObject(notYet('no load balancer holds 10.0.0.100'));
    const second = balancerHost('lb-2', '10.0.0.12', '10.0.0.100', '10.0.0.101');
    await expect(check(one, second)).rejects.toMatchObject(notYet('lb-1 and lb-2 all hold 10.0.0.100'));
  });

  it.each([
    ['haproxy.service', 'inactive\nenabled\n', 'haproxy.service is inactive, enabled'],
    ['keepalived.service', 'active\ndisabled\n', 'keepalived.service is active, disabled'],
  ])('fails when %s does not run or would not at boot', async (unit, state, text) => {
    unitIs(one, unit, state);
    await expect(check(one, other)).rejects.toMatchObject(notYet(text));
  });

  it('fails when the process runs another configuration than the file', async () => {
    one.on(/admin\.sock/, { stdout: 'no revision\n' });
    await expect(check(one, other)).rejects.toMatchObject(notYet('another configuration (no revision)'));
  });

  it('fails when haproxy carries no request', async () => {
    one.on(/^curl .*127\.0\.0\.1:8405/, { code: 28 });
    await expect(check(one, other)).rejects.toMatchObject(notYet('haproxy runs and does not answer'));
  });

  it('fails when an address takes no connection, and names it', async () => {
    one.on(/create_connection/, { stdout: '10.0.0.100:6443 (timed out)\n' });
    await expect(check(one, other)).rejects.toMatchObject(
      notYet('no connection to 10.0.0.100:6443 (timed out)'),
    );
  });
});
