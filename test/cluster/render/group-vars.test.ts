import { load } from 'js-yaml';
import { describe, expect, it } from 'vitest';
import type { Json } from '../../../cluster/cluster.ts';
import type { InventoryInput } from '../../../cluster/steps.ts';
import { fillIn, filesIn, renderGroupVars, varsWithFiles } from '../../../cluster/render/group-vars.ts';
import { inventoryInput } from './inputs.ts';

const { vars } = inventoryInput.kubespray;
const secrets = {
  containerd_registry_auth: fillIn(
    vars['containerd_registry_auth']!,
    new Map([['~/registry-password', 'hunter2']]),
  ),
};

/** As Ansible would: files of a group by name, k8s_cluster after all. */
const merged = (input: InventoryInput, filled: Parameters<typeof renderGroupVars>[1] = secrets) =>
  Object.assign(
    {},
    ...renderGroupVars(input, filled)
      .toSorted((a, b) => (a.path < b.path ? -1 : 1))
      .map(({ content }) => load(content)),
  ) as Record<string, unknown>;

describe('renderGroupVars', () => {
  it.each(renderGroupVars(inventoryInput, secrets))('renders $path', async ({ path, content }) => {
    await expect(content).toMatchFileSnapshot(`golden/${path}`);
  });

  it('gives no one but root the spec’s vars: they may hold secrets that it accepts in clear', () => {
    const files = renderGroupVars(inventoryInput, secrets);
    const modes = files.filter(({ path }) => path.endsWith('/spec.yml')).map(({ mode }) => mode);
    expect(modes).toEqual([0o600, 0o600]);
  });

  it('writes what came from files to files of mode 0600, and nowhere else', () => {
    const holding = renderGroupVars(inventoryInput, secrets).filter(({ content }) =>
      content.includes('hunter2'),
    );
    expect(holding.map(({ path, mode }) => [path, mode])).toEqual([
      ['group_vars/all/spec-secrets.yml', 0o600],
      ['group_vars/k8s_cluster/spec-secrets.yml', 0o600],
    ]);
  });

  it("lets the spec's own vars win over what holdfast sets, in either group", () => {
    const input = {
      ...inventoryInput,
      kubespray: {
        ...inventoryInput.kubespray,
        vars: { ...vars, etcd_election_timeout: '5000', helm_enabled: true },
      },
    };
    expect(merged(input)).toMatchObject({ etcd_election_timeout: '5000', helm_enabled: true });
  });

  it('has etcd elect sooner with fast timings', () => {
    const electsAfter = (timings: 'fast' | 'calm') =>
      merged({ ...inventoryInput, timings })['etcd_election_timeout'];
    expect([electsAfter('fast'), electsAfter('calm')]).toEqual(['750', '1000']);
  });

  it('names every address of a host in certificates', () => {
    const [first, ...hosts] = inventoryInput.hosts.filter(({ roles }) => roles.includes('control-plane'));
    const several = { ...first!, ip: '10.1.0.31', sshAddress: '172.16.0.31' };
    const names = merged({ ...inventoryInput, hosts: [several, ...hosts] })[
      'supplementary_addresses_in_ssl_keys'
    ];
    expect(names).toEqual(expect.arrayContaining(['10.0.0.31', 'master-1', '10.1.0.31', '172.16.0.31']));
  });

  it('adds the names of the spec to the names in certificates', () => {
    expect(merged(inventoryInput)['supplementary_addresses_in_ssl_keys']).toEqual(
      expect.arrayContaining([
        '10.0.0.100',
        '10.0.0.101',
        '10.0.0.11',
        '10.0.0.42',
        'worker-1',
        'api.example.com',
      ]),
    );
  });

  it('adds the proxy before etcd to what the spec, or a file, gives as arguments of the API server', () => {
    const args = { 'request-timeout': '2m' };
    const withArguments = (given: Json) => ({
      ...inventoryInput,
      kubespray: { ...inventoryInput.kubespray, vars: { ...vars, kube_kubeadm_apiserver_extra_args: given } },
    });
    const wanted = { ...args, 'etcd-servers': 'https://127.0.0.1:12379' };
    const found = [
      merged(withArguments(args)),
      merged(withArguments({ 'request-timeout': { fromFile: '/x' } }), {
        ...secrets,
        kube_kubeadm_apiserver_extra_args: args,
      }),
    ];
    for (const one of found) expect(one['kube_kubeadm_apiserver_extra_args']).toEqual(wanted);
  });

  it('keeps booleans and versions what they are', () => {
    expect(merged(inventoryInput)).toMatchObject({
      kube_version: '1.34.4',
      helm_enabled: false,
      force_etcd_cert_refresh: false,
      loadbalancer_apiserver: { address: '10.0.0.100', port: 6443 },
    });
  });

  it('lets Kubespray balance by itself where there is no load balancer', () => {
    const { hosts, kubernetes, kubespray, candidates, timings } = inventoryInput;
    const alone = { hosts, kubernetes, kubespray, candidates, timings };
    expect(merged(alone)).toMatchObject({ loadbalancer_apiserver_localhost: true });
    expect(merged(alone)).not.toHaveProperty('loadbalancer_apiserver');
  });

  it('refuses to render a var whose file was not read', () => {
    expect(() => renderGroupVars(inventoryInput, {})).toThrow(
      /not filled in: kubespray.vars.containerd_registry_auth/,
    );
  });
});

describe('values from files', () => {
  it('are found at any depth', () => {
    expect(varsWithFiles(vars)).toEqual(['containerd_registry_auth']);
    expect(filesIn({ a: [{ b: { fromFile: 'one' } }], c: { fromFile: 'two' } })).toEqual(['one', 'two']);
  });

  it('are no files when there is more beside the path', () => {
    expect(filesIn({ fromFile: 'one', other: 1 })).toEqual([]);
  });

  it('must have been read to be filled in', () => {
    expect(() => fillIn({ fromFile: 'one' }, new Map())).toThrow('one was not read');
  });
});
