/* eslint-disable @typescript-eslint/no-unsafe-member-access, @typescript-eslint/no-unsafe-call -- edits write what no type allows */
import { describe, expect, it } from 'vitest';
import { singlePointsOf } from '../../cluster/rules/single-points.ts';
import { rehearsalSpec } from '../../lab/rehearsal-spec.ts';
import { labNetwork } from '../../lab/network.ts';
import { edited, type LooseSpec } from '../cluster/edited.ts';
import { clusterOf, mistakesOf } from '../cluster/example.ts';
import { shapes } from '../cluster/render/shapes.ts';

const recipient = 'age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p';
const rehearsalOf = (text: string) => rehearsalSpec(text, clusterOf(text), recipient);
const changed = (edit: (spec: LooseSpec) => void) => rehearsalOf(edited(edit));

describe('the spec of a rehearsal', () => {
  it.each(Object.keys(shapes).filter((title) => title !== 'two hundred worker nodes'))(
    'for %s is valid, with the same hosts in the same roles and no more to accept',
    (title) => {
      const text = shapes[title] ?? '';
      const { text: made } = rehearsalOf(text);
      expect(mistakesOf(made)).toEqual([]);
      const [real, lab] = [clusterOf(text), clusterOf(made)];
      expect(lab.name).toBe(`rehearsal-${real.name}`);
      const roles = ({ hosts }: typeof real) =>
        hosts.map(({ name, roles }) => [name, ...roles.filter((role) => role !== 'nfs-server')]);
      const others = real.loadBalancer?.existing ? ['rehearsal-lb-1', 'rehearsal-lb-2'] : [];
      expect(roles(lab)).toEqual([...roles(real), ...others.map((name) => [name, 'load-balancer'])]);
      expect(lab.failover).toEqual(real.failover);
      expect(lab.backup).toEqual({ ...real.backup, recipients: [recipient] });
      expect(singlePointsOf(lab).map(({ component }) => component)).toEqual(
        singlePointsOf(real).map(({ component }) => component),
      );
    },
  );

  it('has none of the real addresses, users and keys', () => {
    const { text } = changed((spec) => {
      spec.ssh = { user: 'operator', port: 2222, identityFile: '/keys/real', knownHosts: '/keys/known' };
      spec.loadBalancer.external.apiPort = 6443;
      spec.loadBalancer.external.apiAllow = ['10.0.0.0/24'];
    });
    expect(text).not.toMatch(/operator|2222|\/keys\/|10\.0\.0\./);
  });

  it('serves NFS from the bastion where the real server is no host of the spec, and says so', () => {
    const { text, differences } = changed(() => {});
    const { storage, hosts } = clusterOf(text);
    expect(storage?.nfs).toMatchObject({ server: 'bastion-1', path: '/srv/nfs' });
    expect(hosts[0]?.roles).toEqual(['bastion', 'nfs-server']);
    expect(differences).toContain('NFS exports /srv/nfs, not /exported/path');
    expect(differences).toContain('10.0.0.61 is no host of the spec: bastion-1 serves NFS instead');
  });

  it('leaves out sources and secrets, and keeps other variables', () => {
    const { text, differences } = changed((spec) => {
      spec.kubespray.vars = {
        files_repo: 'https://mirror.example.com',
        http_proxy: 'http://proxy:3128',
        registry_password: { fromFile: './secret' },
        deep: [{ password: { fromFile: './other' } }],
        kubelet_max_pods: 100,
      };
    });
    expect(clusterOf(text).kubespray.vars).toEqual({ kubelet_max_pods: 100 });
    expect(differences.join('\n')).toContain('files_repo, http_proxy, registry_password, deep');
  });

  it('runs what the lab has, and says what the spec asks for', () => {
    const { text, differences } = changed((spec) => {
      spec.kubernetes = { version: '1.32.4', network: 'cilium' };
      spec.kubespray = { version: 'v2.30.0' };
    });
    expect(clusterOf(text)).toMatchObject({
      kubernetes: { version: '1.34.4', network: 'flannel' },
      kubespray: { version: 'v2.31.0' },
    });
    expect(differences.join('\n')).toMatch(
      /not cilium.*\n.*not 1\.32\.4|not 1\.32\.4.*\n.*not cilium|v2\.30\.0/s,
    );
    expect(differences).toHaveLength(6);
  });

  it('lies in a network apart from those of pods and services', () => {
    const { text } = changed((spec) => {
      spec.kubernetes = { version: '1.34.4', podCidr: '10.64.0.0/12', serviceCidr: '192.168.0.0/16' };
    });
    expect(labNetwork(clusterOf(text)).subnet).toBe('172.27.76.0/24');
  });

  it('is refused for more hosts than a lab has addresses', () => {
    expect(() => rehearsalOf(shapes['two hundred worker nodes'] ?? '')).not.toThrow();
    const many = edited((spec) => {
      spec.kubernetes.podCidr = '10.64.0.0/12';
      for (let n = 4; n < 260; n += 1)
        spec.hosts.push({
          name: `worker-${n}`,
          address: `10.1.${n >> 7}.${(n & 127) + 1}`,
          roles: ['worker'],
        });
    });
    expect(() => rehearsalOf(many)).toThrow(/more than a rehearsal has addresses for/);
  });
});
