import { beforeEach, describe, expect, it } from 'vitest';
import { configureHaproxy } from '../../activities/configure-haproxy.ts';
import { haproxyConfig } from '../../activities/haproxy.ts';
import type { FakeHost } from '../../hosts/fake.ts';
import { balancerInput } from '../cluster/render/inputs.ts';
import { balancerHost, unitIs, up } from './balancer-hosts.ts';
import { runStep } from './run-step.ts';

const path = '/etc/haproxy/haproxy.cfg';
const candidate = `${path}.holdfast-candidate`;
const sysctl = '/etc/sysctl.d/90-holdfast-load-balancer.conf';
const forwarding =
  '# Written by holdfast: haproxy listens on an address that the other load balancer may hold now.\nnet.ipv4.ip_nonlocal_bind = 1\n';
const { content, revision } = haproxyConfig(balancerInput, 'lb-1', '/run/haproxy/admin.sock');

const revisionIs = (host: FakeHost, ...found: string[]) =>
  host.on(/admin\.sock/, () => ({ stdout: `${found.length > 1 ? found.shift() : found[0]}\n` }));

/** A host that is as wanted in all that a test does not say otherwise. */
let host: FakeHost;
beforeEach(() => {
  host = balancerHost('lb-1', '10.0.0.11')
    .file(sysctl, forwarding)
    .file(path, content)
    .file(candidate, undefined)
    .on('cat /proc/sys/net/ipv4/ip_nonlocal_bind', { stdout: '1\n' })
    .on(/^if \[ -e \/sys\/fs\/selinux/)
    .on(/^curl .*127\.0\.0\.1:8405/);
  unitIs(host, 'haproxy.service', up);
  revisionIs(host, revision);
});

describe('configure-haproxy', () => {
  it('changes nothing where haproxy runs this configuration', async () => {
    const result = await runStep(configureHaproxy, balancerInput, [host]);
    expect(result).toEqual({ changed: false, summary: 'haproxy runs for 5 API servers as wanted' });
    expect(host.done.filter((what) => /^(write|sysctl|systemctl (reload|start|enable))/.test(what))).toEqual(
      [],
    );
  });

  it('tests a new configuration beside the old one, moves it in place, and reloads', async () => {
    host
      .file(path, 'the distribution’s\n')
      .on(`haproxy -c -q -f ${candidate}`)
      .on(`rm -f -- ${candidate}`)
      .on(/^systemctl reload haproxy.service \|\|/);
    revisionIs(host, 'no revision', revision);
    expect(await runStep(configureHaproxy, balancerInput, [host])).toMatchObject({ changed: true });
    expect(host.content(path)).toBe(content);
    const order = host.done.filter((what) => /^(write|haproxy|rm|systemctl reload)/.test(what));
    expect(order).toEqual([
      `write ${candidate}`,
      `haproxy -c -q -f ${candidate}`,
      `rm -f -- ${candidate}`,
      `write ${path}`,
      expect.stringMatching(/^systemctl reload haproxy.service/),
    ]);
  });

  it('leaves the old configuration where haproxy refuses the new one', async () => {
    host
      .file(path, 'the old one\n')
      .on(`haproxy -c -q -f ${candidate}`, { code: 1, stderr: 'unknown keyword' })
      .on(`rm -f -- ${candidate}`);
    await expect(runStep(configureHaproxy, balancerInput, [host])).rejects.toThrow(/unknown keyword/);
    expect(host.content(path)).toBe('the old one\n');
    expect(host.done).toContain(`rm -f -- ${candidate}`);
  });

  it('reloads when the file is right and the process older, as after a try that was cut off', async () => {
    host.on(/^systemctl reload haproxy.service \|\|/);
    revisionIs(host, 'no revision', revision);
    expect(await runStep(configureHaproxy, balancerInput, [host])).toMatchObject({ changed: true });
    expect(host.done).toContainEqual(expect.stringMatching(/^systemctl reload haproxy.service/));
  });

  it('lets haproxy listen on an address that the host does not hold', async () => {
    let value = '0\n';
    host
      .file(sysctl, undefined)
      .on('cat /proc/sys/net/ipv4/ip_nonlocal_bind', () => ({ stdout: value }))
      .on(`sysctl -q -p ${sysctl}`, () => ((value = '1\n'), {}));
    expect(await runStep(configureHaproxy, balancerInput, [host])).toMatchObject({ changed: true });
    expect(host.content(sysctl)).toBe(forwarding);
  });

  it('does not take the kernel’s word for granted', async () => {
    host.on('cat /proc/sys/net/ipv4/ip_nonlocal_bind', { stdout: '0\n' }).on(`sysctl -q -p ${sysctl}`);
    await expect(runStep(configureHaproxy, balancerInput, [host])).rejects.toMatchObject({
      type: 'NotYet',
      message: expect.stringContaining('ip_nonlocal_bind is still 0') as string,
    });
  });

  it('fails when the new process has not taken over, with what was found', async () => {
    host.on(/^systemctl reload haproxy.service \|\|/);
    revisionIs(host, 'holdfast 0000');
    await expect(runStep(configureHaproxy, balancerInput, [host])).rejects.toMatchObject({
      type: 'NotYet',
      message: expect.stringContaining('has not taken its new configuration (holdfast 0000)') as string,
    });
  });

  it('fails when haproxy runs and carries no request', async () => {
    host.on(/^curl .*127\.0\.0\.1:8405/, { code: 28 });
    await expect(runStep(configureHaproxy, balancerInput, [host])).rejects.toMatchObject({ type: 'NotYet' });
  });

  it('starts and enables a unit that is neither', async () => {
    unitIs(host, 'haproxy.service', 'failed\ndisabled\n', up)
      .on('systemctl enable haproxy.service')
      .on(/^systemctl reset-failed haproxy.service; systemctl start haproxy.service/);
    expect(await runStep(configureHaproxy, balancerInput, [host])).toMatchObject({ changed: true });
  });

  it('lets SELinux allow it all ports, and asks it where the RHEL family’s own configuration does', async () => {
    const socket = '/var/lib/haproxy/stats';
    const theirs = haproxyConfig(balancerInput, 'lb-1', socket);
    host
      .on('cat /etc/os-release', {
        stdout: 'ID="almalinux"\nVERSION_ID="9.6"\nID_LIKE="rhel centos fedora"\n',
      })
      .file(path, theirs.content)
      .expect(/booleans\/haproxy_connect_any/, { stdout: '0 0' })
      .expect('setsebool -P haproxy_connect_any on')
      .expect(/booleans\/haproxy_connect_any/, { stdout: '1 1' })
      .on(new RegExp(`^python3 -c .* ${socket} `, 's'), { stdout: `${theirs.revision}\n` });
    expect(await runStep(configureHaproxy, balancerInput, [host])).toMatchObject({ changed: true });
    expect(theirs.content).toContain(`stats socket ${socket} mode 600`);
    host.verify();
  });
});
