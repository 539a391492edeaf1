import { beforeEach, describe, expect, it } from 'vitest';
import { configureEtcdProxy } from '../../activities/configure-etcd-proxy.ts';
import { withRevision } from '../../activities/haproxy.ts';
import { renderEtcdProxy, renderEtcdProxyUnits } from '../../cluster/render/etcd-proxy.ts';
import type { FakeHost } from '../../hosts/fake.ts';
import { etcdProxyInput } from '../cluster/render/inputs.ts';
import { balancerHost, unitIs, up } from './balancer-hosts.ts';
import { runStep } from './run-step.ts';

const config = '/etc/holdfast/etcd-proxy.cfg';
const candidate = `${config}.holdfast-candidate`;
const script = '/usr/local/lib/holdfast/etcd-proxy-certificates';
const unit = 'holdfast-etcd-proxy.service';
const path = 'holdfast-etcd-proxy.path';
const { content, revision } = withRevision(renderEtcdProxy(etcdProxyInput, 'master-1'));
const down = 'inactive\ndisabled\n';

const says = (host: FakeHost, matcher: RegExp | string, ...answers: string[]) =>
  host.on(matcher, () => ({ stdout: `${answers.length > 1 ? answers.shift() : answers[0]}\n` }));
const certificate = (...states: string[]) => says(host, `${script} state`, ...states);
const runs = (...revisions: string[]) => says(host, /admin\.sock/, ...revisions);
const step = (input = etcdProxyInput) => runStep(configureEtcdProxy, input, [host]);
const changes = () => host.done.filter((what) => /^(write|rm|systemctl (?!is-|show)|haproxy)/.test(what));

/** A control-plane host that is as wanted in all that a test does not say otherwise. */
let host: FakeHost;
beforeEach(() => {
  host = balancerHost('master-1', '10.0.0.31')
    .file(config, content)
    .file(candidate, undefined)
    .on(/^install -d /)
    .on(/module\/apparmor/)
    .on(/^systemctl show -p NeedDaemonReload/, { stdout: 'no\nno\nno\n' });
  for (const file of renderEtcdProxyUnits('master-1'))
    host.file(file.path, file.content, { mode: file.mode });
  unitIs(host, unit, up);
  unitIs(host, path, up);
  unitIs(host, 'haproxy.service', down);
  certificate('fresh');
  runs(revision);
  says(host, /ps -L -o ni=/, '-15');
});

describe('configure-etcd-proxy', () => {
  it('changes nothing where haproxy runs this configuration with this certificate', async () => {
    expect(await step()).toEqual({
      changed: false,
      summary: 'haproxy stands before 3 etcd members at 127.0.0.1:12379, as wanted',
    });
    expect(changes()).toEqual([]);
  });

  it('stands by on a candidate, which has no certificate: the unit is enabled and does not run', async () => {
    unitIs(host, unit, 'inactive\nenabled\n');
    certificate('absent');
    expect(await step()).toEqual({
      changed: false,
      summary: 'haproxy before etcd stands by until this host has a certificate, as wanted',
    });
    expect(changes()).toEqual([]);
  });

  it('sets everything up on a fresh host, tested by haproxy itself, and starts nothing without a certificate', async () => {
    host.file(config, undefined).on(`haproxy -c -q -f ${candidate}`).on(`rm -f -- ${candidate}`);
    for (const file of renderEtcdProxyUnits('master-1')) host.file(file.path, undefined);
    unitIs(host, unit, down, 'inactive\nenabled\n').on(`systemctl enable -q ${unit}`);
    unitIs(host, path, down, up)
      .on(`systemctl enable ${path}`)
      .on(new RegExp(`^systemctl reset-failed ${path}; systemctl start ${path}`));
    host.on('systemctl daemon-reload');
    certificate('absent');
    expect(await step()).toMatchObject({ changed: true });
    expect(host.content(config)).toBe(content);
    expect(changes().slice(0, 4)).toEqual([
      `write ${candidate}`,
      `haproxy -c -q -f ${candidate}`,
      `rm -f -- ${candidate}`,
      `write ${config}`,
    ]);
    expect(changes().slice(-4)).toEqual([
      'systemctl daemon-reload',
      `systemctl enable -q ${unit}`,
      `systemctl enable ${path}`,
      expect.stringContaining(`systemctl start ${path}`),
    ]);
  });

  it('starts the unit where there is a certificate and it does not run', async () => {
    unitIs(host, unit, 'inactive\nenabled\n', 'inactive\nenabled\n', up).on(
      new RegExp(`^systemctl reset-failed ${unit}; systemctl start ${unit}`),
    );
    certificate('stale', 'fresh');
    expect(await step()).toMatchObject({ changed: true });
  });

  it.each([
    ['an older configuration', ['holdfast 0000', revision], ['fresh']],
    ['an older certificate', [revision], ['stale', 'fresh']],
  ])('reloads a process that runs with %s', async (_, revisions, states) => {
    host.on(new RegExp(`^systemctl reload ${unit}`));
    runs(...revisions);
    certificate(...states);
    expect(await step()).toMatchObject({ changed: true });
    expect(changes()).toEqual([expect.stringContaining(`systemctl reload ${unit}`)]);
  });

  it('gives a process its place before others where it was started without', async () => {
    says(host, /ps -L -o ni=/, '0', '-15');
    host.on(/renice -n -15/);
    expect(await step()).toMatchObject({ changed: true });
    expect(host.done.filter((what) => what.includes('renice'))).toHaveLength(1);
    expect(changes()).toEqual([]);
  });

  it.each([
    ['has not taken its configuration', ['holdfast 0000'], ['fresh'], /has not taken .* \(holdfast 0000\)/],
    ['keeps its old certificate', [revision], ['stale'], /runs with another certificate/],
  ])('fails where the process %s', async (_, revisions, states, message) => {
    host.on(new RegExp(`^systemctl reload ${unit}`));
    runs(...revisions);
    certificate(...states);
    await expect(step()).rejects.toMatchObject({
      type: 'NotYet',
      message: expect.stringMatching(message) as string,
    });
  });

  it('keeps members that a restore left out where they are, until another restore has them', async () => {
    const alone = { ...etcdProxyInput, etcd: etcdProxyInput.etcd.slice(0, 1), leftOut: ['etcd-2', 'etcd-3'] };
    const restored = withRevision(renderEtcdProxy(alone, 'master-1'));
    host.file(config, restored.content);
    await expect(step()).rejects.toMatchObject({
      type: 'ProblemFound',
      message: expect.stringContaining('restored without etcd-2, etcd-3') as string,
    });
    expect(changes()).toEqual([]);
    runs(restored.revision);
    expect(await step(alone)).toMatchObject({ changed: false });
    host.on(`haproxy -c -q -f ${candidate}`).on(`rm -f -- ${candidate}`);
    host.on('systemctl daemon-reload').on(/^systemctl reload/);
    runs(restored.revision, revision);
    expect(await step({ ...etcdProxyInput, leftOut: [] })).toMatchObject({ changed: true });
    expect(host.content(config)).toBe(content);
  });

  it('tells systemd of files that an earlier try wrote', async () => {
    host.on(/^systemctl show -p NeedDaemonReload/, { stdout: 'yes\nno\nno\n' }).on('systemctl daemon-reload');
    expect(await step()).toMatchObject({ changed: true });
  });
});

describe('the distribution’s haproxy.service', () => {
  const sections = /^grep -rqsE .* \/etc\/haproxy$/;

  it('is stopped and disabled where it serves nobody', async () => {
    unitIs(host, 'haproxy.service', up, up, down)
      .on(sections, { code: 1 })
      .on('systemctl disable -q --now haproxy.service');
    expect(await step()).toMatchObject({ changed: true });
  });

  it('is left alone where somebody configured it', async () => {
    unitIs(host, 'haproxy.service', up).on(sections);
    expect(await step()).toMatchObject({ changed: false });
    expect(changes()).toEqual([]);
  });

  it('is not even looked at on a load balancer', async () => {
    await step({ ...etcdProxyInput, balancer: true });
    expect(host.done.filter((what) => what.includes(' haproxy.service'))).toEqual([]);
  });

  it('is an error where it comes back', async () => {
    unitIs(host, 'haproxy.service', up)
      .on(sections, { code: 1 })
      .on('systemctl disable -q --now haproxy.service');
    await expect(step()).rejects.toMatchObject({ type: 'NotYet' });
  });
});
