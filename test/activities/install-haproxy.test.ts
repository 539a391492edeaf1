import { describe, expect, it } from 'vitest';
import { installHaproxy } from '../../activities/install-haproxy.ts';
import { balancerHost } from './balancer-hosts.ts';
import { runStep } from './run-step.ts';

describe('install-haproxy', () => {
  it('leaves a host alone that has both', async () => {
    const host = balancerHost('lb-1').on(/dpkg-query/, { stdout: 'haproxy ii \nkeepalived ii \n' });
    const result = await runStep(installHaproxy, {}, [host]);
    expect(result).toEqual({ changed: false, summary: 'haproxy keepalived are there' });
  });

  it('installs what is missing, and says what', async () => {
    const host = balancerHost('lb-1')
      .expect('cat /etc/os-release', { stdout: 'ID=debian\nVERSION_ID="12"\n' })
      .expect(/dpkg-query/, { code: 1, stdout: 'haproxy ii \n' })
      .expect(/apt-get .*update$/)
      .expect(/apt-get .*install .*keepalived$/)
      .expect(/dpkg-query/, { stdout: 'keepalived ii \n' });
    const result = await runStep(installHaproxy, {}, [host]);
    expect(result).toEqual({ changed: true, summary: 'installed keepalived' });
    host.verify();
  });
});
