import fc from 'fast-check';
import { load } from 'js-yaml';
import { describe, expect, it } from 'vitest';
import { adopt } from '../../../cluster/adopt/adopt.ts';
import type { Vars } from '../../../cluster/adopt/inventory.ts';
import { readListed } from '../../../cluster/adopt/inventory.ts';
import { renderAdopted } from '../../../cluster/adopt/render.ts';
import type { Json } from '../../../cluster/cluster.ts';
import { clusterOf, mistakesOf } from '../example.ts';
import { listing, recipient } from './listing.ts';

const said = { cluster: 'main', backupRecipients: [recipient] };
const adopted = (shared?: Vars, own?: Readonly<Record<string, Vars>>) => adopt(listing(shared, own), said);
const about = (text: string, { remarks }: ReturnType<typeof adopt>) =>
  remarks.filter((remark) => remark.text.includes(text));

describe('the spec of a cluster that Kubespray made', () => {
  it('is valid, and says who does what as the groups of the inventory do', () => {
    const file = renderAdopted(adopted());
    expect(mistakesOf(file)).toEqual([]);
    const { hosts, kubernetes, kubespray } = clusterOf(file);
    expect(hosts.map(({ name, roles }) => [name, ...roles])).toEqual([
      ['bastion-1', 'bastion'],
      ['node1', 'etcd', 'control-plane'],
      ['node2', 'etcd', 'control-plane'],
      ['node3', 'etcd', 'control-plane'],
      ['node4', 'worker'],
      ['node5', 'worker'],
    ]);
    expect(kubernetes).toEqual({
      version: '1.34.4',
      podCidr: '10.233.64.0/18',
      serviceCidr: '10.233.0.0/18',
      network: 'calico',
    });
    expect(kubespray.version).toBe('v2.31.0');
  });

  it('keeps what hosts say of their addresses, of etcd and of their labels', () => {
    const { spec } = adopted(
      {},
      {
        node1: { ip: '10.3.0.1', access_ip: '10.9.0.1', etcd_member_name: 'etcd1', node_labels: { zone: 1 } },
        node2: { ip: '10.0.0.12', access_ip: '10.0.0.12', etcd_member_name: 'node2', ansible_user: 'root' },
        node4: { ansible_port: 2222, etcd_member_name: '' },
        node5: { ansible_host: 'node5.example.com', ip: '10.3.0.5' },
      },
    );
    expect(spec.hosts[1]).toEqual({
      name: 'node1',
      address: '10.0.0.11',
      ip: '10.3.0.1',
      accessIp: '10.9.0.1',
      roles: ['etcd', 'control-plane'],
      etcdMember: 'etcd1',
      labels: { zone: '1' },
    });
    expect(spec.hosts[2]).toEqual({
      name: 'node2',
      address: '10.0.0.12',
      roles: ['etcd', 'control-plane'],
      ssh: { user: 'root' },
    });
    expect(spec.hosts[4]).toEqual({
      name: 'node4',
      address: '10.0.0.14',
      roles: ['worker'],
      ssh: { port: 2222 },
    });
    expect(spec.hosts[5]).toMatchObject({ address: '10.3.0.5' });
    expect(spec.ssh).toEqual({ user: 'debian', knownHosts: './known_hosts' });
  });

  it('takes a load balancer of the site as one that holdfast does not touch, and keeps its name in the certificates', () => {
    const all = adopted({
      loadbalancer_apiserver: { address: '10.0.0.100', port: '8443' },
      apiserver_loadbalancer_domain_name: 'api.example.com',
      supplementary_addresses_in_ssl_keys: ['192.0.2.1'],
    });
    expect(all.spec.loadBalancer).toEqual({
      existing: true,
      internal: { address: '10.0.0.100', port: 8443 },
    });
    expect(all.spec.kubespray.vars.supplementary_addresses_in_ssl_keys).toEqual([
      '192.0.2.1',
      'api.example.com',
    ]);
    expect(about('api.example.com', all)).toMatchObject([{ kind: 'note' }]);
  });

  it('takes IPv6 beside IPv4 as a key of the spec, and asks for the addresses that Kubespray guessed', () => {
    const ip6 = Object.fromEntries(
      ['node1', 'node2', 'node3', 'node4'].map((name, n) => [name, { ip6: `fd00:10::${n + 1}` }]),
    );
    const made = adopted({ enable_dual_stack_networks: true, kube_pods_subnet_ipv6: 'fd00:20::/112' }, ip6);
    expect(made.spec.kubernetes).toMatchObject({ ipv6: { podCidr: 'fd00:20::/112' } });
    expect(made.spec.kubespray.vars).not.toHaveProperty('enable_dual_stack_networks');
    expect(made.spec.hosts.find(({ name }) => name === 'node4')).toMatchObject({ ip6: 'fd00:10::4' });
    expect(about('as ip6', made)).toEqual([
      { kind: 'blocks', text: expect.stringMatching(/^node5: write its IPv6 address as ip6/) as string },
    ]);
    expect(mistakesOf(renderAdopted(made))).toEqual([expect.stringContaining('ip6: missing')]);
    const whole = adopted({ ipv6_stack: true }, { ...ip6, node5: { ip6: 'fd00:10::5' } });
    expect(mistakesOf(renderAdopted(whole))).toEqual([]);
    expect(about('by IPv4 alone', adopted({ ipv4_stack: false }))).toHaveLength(1);
  });

  it('keeps its proxy, as a file where there is a password in it', () => {
    const made = adopted({
      http_proxy: 'http://proxy.example.com:3128',
      https_proxy: 'http://me:hunter2@proxy.example.com:3128',
      no_proxy: '{{ lookup("env", "no_proxy") }}',
    });
    expect(made.spec.kubespray.vars).toMatchObject({
      http_proxy: 'http://proxy.example.com:3128',
      https_proxy: { fromFile: './secrets/https_proxy' },
    });
    expect(about('no_proxy is left out', made)).toMatchObject([{ kind: 'blocks' }]);
    expect(mistakesOf(renderAdopted(made))).toEqual([]);
  });

  it('reads the names that groups had before Kubespray v2.16', () => {
    const inventory = readListed({
      _meta: { hostvars: { a: { ansible_host: '10.0.0.1' }, b: { ansible_host: '10.0.0.2' } } },
      'kube-master': { hosts: ['a'] },
      'kube-node': { hosts: ['a', 'b'] },
      etcd: { hosts: ['a'] },
    });
    expect(adopt(inventory, said).spec.hosts.map(({ roles }) => roles)).toEqual([
      ['etcd', 'control-plane', 'worker'],
      ['worker'],
    ]);
  });

  it('names the newest Kubespray that installs this Kubernetes, and says that it is a guess', () => {
    const all = adopted({ kube_version: 'v1.32.4' });
    expect(all.spec.kubernetes.version).toBe('1.32.4');
    expect(all.spec.kubespray.version).toBe('v2.30.0');
    expect(about('which Kubespray made the cluster', all)).toHaveLength(1);
    const told = adopt(listing(), { ...said, kubesprayVersion: 'v2.30.0' });
    expect(told.spec.kubespray.version).toBe('v2.30.0');
    expect(about('which Kubespray made the cluster', told)).toEqual([]);
  });

  it('leaves out a host that no group gives a role, and says so', () => {
    const inventory = readListed({
      _meta: { hostvars: { jump: { ansible_host: '10.0.0.1' } } },
      etcd: { hosts: ['a'] },
    });
    const all = adopt(inventory, said);
    expect(all.spec.hosts.map(({ name }) => name)).toEqual(['a']);
    expect(about('jump is in none', all)).toHaveLength(1);
  });
});

describe("Kubespray's variables", () => {
  it('are carried over where they hold for the whole cluster', () => {
    const { spec } = adopted({
      kube_proxy_mode: 'ipvs',
      ntp_servers: ['a', 'b'],
      ansible_python_interpreter: '/p',
    });
    expect(spec.kubespray.vars).toEqual({
      kube_proxy_mode: 'ipvs',
      ntp_servers: ['a', 'b'],
      ansible_python_interpreter: '/p',
    });
  });

  it('are carried over from the group etcd alone, and not from some of the nodes', () => {
    const etcd = { etcd_metrics_port: 2381 };
    const all = adopted({}, { node1: etcd, node2: etcd, node3: etcd, node4: { kubelet_max_pods: 50 } });
    expect(all.spec.kubespray.vars).toEqual({ etcd_metrics_port: 2381 });
    expect(about('kubelet_max_pods is set for node4 alone', all)).toMatchObject([{ kind: 'blocks' }]);
  });

  it('of several values are left out, and a person must settle them', () => {
    const all = adopted({ kubelet_max_pods: 110 }, { node5: { kubelet_max_pods: 50 } });
    expect(all.spec.kubespray.vars).toEqual({});
    expect(about('kubelet_max_pods has several values', all)).toMatchObject([{ kind: 'blocks' }]);
  });

  it.each<[string, Json, Json | undefined]>([
    ['etcd_deployment_type', 'kubeadm', undefined],
    ['container_manager', 'crio', undefined],
    ['container_manager', 'containerd', 'containerd'],
    ['cluster_name', 'example.local', undefined],
    ['kube_api_anonymous_auth', false, undefined],
    ['kube_api_anonymous_auth', true, true],
    ['kube_kubeadm_apiserver_extra_args', { 'anonymous-auth': 'false', v: '4' }, { v: '4' }],
  ])('%s: %j stands in the spec as %j; what would break is said', (name, value, kept) => {
    const all = adopted({ [name]: value });
    expect(all.spec.kubespray.vars[name]).toEqual(kept);
    expect(about(name, all)).toHaveLength(JSON.stringify(kept) === JSON.stringify(value) ? 0 : 1);
    expect(mistakesOf(renderAdopted(all))).toEqual([]);
  });

  it('that only Ansible can evaluate stay expressions, and are asked for where a key of the spec needs the value', () => {
    const all = adopted({
      kube_version: "{{ lookup('env', 'VERSION') }}",
      pods: '10.1.0.0/16',
      kube_pods_subnet: '{{ pods }}',
      dns_domain: '{{ cluster_name }}',
      skydns_server: "{{ kube_service_subnets.split(',') | first }}",
    });
    expect(about('kube_version is an expression', all)).toMatchObject([{ kind: 'blocks' }]);
    expect(all.spec.kubernetes).not.toHaveProperty('version');
    expect(all.spec.kubernetes.podCidr).toBe('10.1.0.0/16');
    expect(all.spec.kubespray.vars).toMatchObject({
      dns_domain: 'cluster.local',
      skydns_server: "{{ kube_service_subnets.split(',') | first }}",
    });
  });
});

describe('secrets of an inventory', () => {
  const secret = 'hunter2-canary';
  it.each<[string, Vars]>([
    ['under a name that says so', { registry_password: secret }],
    ['inside a mapping', { registries: [{ url: 'r', password: secret }] }],
    ['encrypted by ansible-vault', { harmless: { __ansible_vault: secret } }],
    ['in a URL', { files_repo: `https://me:${secret}@example.com/` }],
    ['in an expression', { api_token: `{{ token | default('${secret}') }}` }],
    ['beside an expression', { my_secrets: { password: '{{ other }}', key: secret } }],
    ['as a token of a lookup', { vault_password: `{{ lookup('hashi_vault', 'secret=a token=${secret}') }}` }],
    [
      'for SSH and sudo',
      { ansible_become_password: secret, ansible_password: secret, ansible_ssh_pass: secret },
    ],
  ])('%s are in no line of the spec', (_, vars) => {
    const file = renderAdopted(adopted(vars));
    expect(file).not.toContain(secret);
    expect(mistakesOf(file)).toEqual([]);
  });

  it('are named by the file that a person writes them to', () => {
    const all = adopted({
      registries: [{ url: 'r', password: secret }],
      kubeadm_certificate_key: "{{ lookup('password', dir + '/k length=64') | lower }}",
    });
    expect(all.spec.kubespray.vars).toEqual({
      registries: [{ url: 'r', password: { fromFile: './secrets/registries.0.password' } }],
      kubeadm_certificate_key: "{{ lookup('password', dir + '/k length=64') | lower }}",
    });
    expect(all.spec.kubespray.acceptLiteralSecrets).toEqual(['kubeadm_certificate_key']);
    expect(about('registries.0.password is a secret', all)).toMatchObject([{ kind: 'blocks' }]);
  });

  it('for sudo are asked for as a file', () => {
    const all = adopted({ ansible_become_password: secret });
    expect(all.spec.ssh).toMatchObject({ sudo: { passwordFile: './secrets/sudo' } });
    expect(about('sudo', all)).toMatchObject([{ kind: 'blocks' }]);
  });
});

describe('whatever an inventory holds', () => {
  it('the file that is written is YAML of one spec, and its comments stay comments', () => {
    const name = fc.string({ minLength: 1, maxLength: 12, unit: 'binary' });
    fc.assert(
      fc.property(fc.dictionary(name, fc.jsonValue({ maxDepth: 3 })), name, (vars, host) => {
        const inventory = readListed({
          _meta: { hostvars: { [host]: { ...vars, ansible_host: host } } },
          etcd: { hosts: [host] },
        });
        const text = renderAdopted(adopt(inventory, said));
        const file = load(text) as { cluster: string; hosts: unknown[] };
        expect(file.cluster).toBe('main');
        expect(file.hosts).toHaveLength(1);
      }),
      { numRuns: 40 },
    );
  });
});
