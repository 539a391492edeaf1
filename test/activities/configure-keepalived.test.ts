import { beforeEach, describe, expect, it } from 'vitest';
import { configureKeepalived } from '../../activities/configure-keepalived.ts';
import { renderHaproxyCheck, renderKeepalived } from '../../cluster/render/keepalived.ts';
import type { FakeHost } from '../../hosts/fake.ts';
import { balancerInput } from '../cluster/render/inputs.ts';
import { balancerHost, unitIs, up } from './balancer-hosts.ts';
import { runStep } from './run-step.ts';

const path = '/etc/keepalived/keepalived.conf';
const candidate = `${path}.holdfast-candidate`;
const check = '/usr/local/lib/holdfast/check-haproxy';
const content = renderKeepalived(balancerInput, 'lb-1', { networkInterface: 'eth0', check });
const loaded = (at: string, written: string) => ({ stdout: `Tue 2026-11-24 ${at} UTC\n${written}\n` });

function keepalivedHost(...addresses: string[]): FakeHost {
  const host = balancerHost('lb-1', ...addresses)
    .file(path, content)
    .file(candidate, undefined)
    .file(check, renderHaproxyCheck('fast'), { mode: 0o755 })
    .on('install -d -m 0755 /usr/local/lib/holdfast')
    .on(/matchpathcon -V/)
    .on(/^systemctl show .*StateChangeTimestamp/, loaded('04:28:14.500000', '1795494494.400'));
  return unitIs(host, 'keepalived.service', up);
}

/** Who answers ARP, as the host's neighbour table has it. */
const neighbours = (host: FakeHost, table: Record<string, string>) =>
  host.on(/"neighbour", "flush"/, {
    stdout: JSON.stringify(Object.entries(table).map(([dst, lladdr]) => ({ dst, lladdr }))),
  });

let host: FakeHost;
beforeEach(() => {
  host = keepalivedHost('10.0.0.11');
});

const setUp = () =>
  host
    .file(path, undefined)
    .on(`keepalived --config-test -f ${candidate}`)
    .on(`rm -f -- ${candidate}`)
    .on(/^systemctl reload keepalived.service \|\|/);

describe('configure-keepalived', () => {
  it('changes nothing where keepalived runs this configuration', async () => {
    const result = await runStep(configureKeepalived, balancerInput, [host]);
    expect(result).toEqual({ changed: false, summary: 'keepalived runs on eth0 as wanted' });
    expect(host.done.filter((what) => /^(write|systemctl (reload|start|enable))/.test(what))).toEqual([]);
  });

  it('tests a new configuration, moves it in place, and reloads', async () => {
    neighbours(setUp(), {});
    expect(await runStep(configureKeepalived, balancerInput, [host])).toMatchObject({ changed: true });
    expect(host.content(path)).toBe(content);
    expect(host.content(candidate)).toContain('script_user root');
    expect(host.done).toContainEqual(expect.stringMatching(/^systemctl reload keepalived.service/));
  });

  it('reloads when the file is newer than the last load, as after a try that was cut off', async () => {
    host
      .on(/^systemctl show .*StateChangeTimestamp/, loaded('04:28:14.500000', '1795494494.600'))
      .on(/^systemctl reload keepalived.service \|\|/);
    expect(await runStep(configureKeepalived, balancerInput, [host])).toMatchObject({ changed: true });
  });

  it('starts a unit that never ran', async () => {
    unitIs(host, 'keepalived.service', 'inactive\nenabled\n', up)
      .on(/^systemctl show .*StateChangeTimestamp/, { stdout: '\n1795494494.600\n' })
      .on(/^systemctl reset-failed keepalived.service; systemctl start keepalived.service/);
    expect(await runStep(configureKeepalived, balancerInput, [host])).toMatchObject({ changed: true });
  });

  it('refuses a host whose interfaces do not hold the address of the spec', async () => {
    await expect(
      runStep(configureKeepalived, balancerInput, [keepalivedHost('172.16.0.7')]),
    ).rejects.toMatchObject({
      type: 'ProblemFound',
      message: expect.stringContaining(
        'no interface holds 10.0.0.11 (there are: 127.0.0.1, 172.16.0.7)',
      ) as string,
    });
  });

  it('refuses an address that another machine answers for, before anything is written', async () => {
    neighbours(setUp(), { '10.0.0.12': '02:00:00:00:00:12', '10.0.0.100': '02:00:00:00:00:99' });
    await expect(runStep(configureKeepalived, balancerInput, [host])).rejects.toMatchObject({
      type: 'ProblemFound',
      message: expect.stringContaining('02:00:00:00:00:99 answers ARP for it') as string,
    });
    expect(host.done.filter((what) => what.startsWith('write'))).toEqual([]);
  });

  it('takes an address that the other load balancer holds already for what it is', async () => {
    const mac = '02:00:00:00:00:12';
    neighbours(setUp(), { '10.0.0.12': mac, '10.0.0.100': mac, '10.0.0.101': mac });
    expect(await runStep(configureKeepalived, balancerInput, [host])).toMatchObject({ changed: true });
  });

  it('puts the check where the policy of the RHEL family’s SELinux lets keepalived run scripts, and labels it', async () => {
    const labelled = '/usr/libexec/keepalived/check-haproxy';
    const rocky = keepalivedHost('10.0.0.11')
      .on('cat /etc/os-release', { stdout: 'ID="rocky"\nVERSION_ID="9.6"\nID_LIKE="rhel centos fedora"\n' })
      .file(path, renderKeepalived(balancerInput, 'lb-1', { networkInterface: 'eth0', check: labelled }))
      .file(labelled, undefined)
      .on('install -d -m 0755 /usr/libexec/keepalived')
      .expect(/^test ! -e .*matchpathcon -V \/usr\/libexec/, { code: 1 })
      .expect(`restorecon -F ${labelled}`)
      .expect(/matchpathcon -V \/usr\/libexec/);
    expect(await runStep(configureKeepalived, balancerInput, [rocky])).toMatchObject({ changed: true });
    rocky.verify();
    expect(rocky.content(labelled)).toBe(renderHaproxyCheck('fast'));
  });
});
