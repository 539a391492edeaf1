/* eslint-disable @typescript-eslint/no-unsafe-member-access -- edits write what no type allows */
import { describe, expect, it } from 'vitest';
import { mistakesOf } from '../example.ts';
import { edited } from '../edited.ts';

const withVars = (vars: unknown, more = {}) => mistakesOf(edited((s) => (s.kubespray = { vars, ...more })));

describe('kubespray.vars', () => {
  it.each([
    ['registry_password', { registry_password: 'hunter2' }],
    ['apiToken', { apiToken: 'hunter2' }],
    ['MY_SECRET', { MY_SECRET: 'hunter2' }],
    ['a.ssh-keys[0]', { a: { 'ssh-keys': ['hunter2'] } }],
    ['list[0].password', { list: [{ password: 'hunter2' }] }],
    ['token', { token: 'a: {{ hunter2 }}' }],
    ['rootpassword', { rootpassword: 'hunter2' }],
    ['PASSPHRASE2', { PASSPHRASE2: 'hunter2' }],
    ['dbpasswd', { dbpasswd: 'hunter2' }],
    ['apikey', { apikey: 'hunter2' }],
    ['APIKey', { APIKey: 'hunter2' }],
    ['my_privatekey', { my_privatekey: 'hunter2' }],
    ['accesstoken', { accesstoken: 'hunter2' }],
    ['awscredentials.id', { awscredentials: { id: 'hunter2' } }],
    ['smtp_pass', { smtp_pass: 'hunter2' }],
  ])('refuses a literal under %s and does not show it', (path, vars) => {
    const mistakes = withVars(vars);
    expect(mistakes).toEqual([expect.stringContaining(`kubespray.vars.${path}: looks like a secret`)]);
    expect(mistakes.join()).not.toContain('hunter2');
  });

  it('refuses a password that is a number', () => {
    expect(withVars({ a: { password: 12345 } })).toEqual([
      expect.stringContaining('kubespray.vars.a.password'),
    ]);
  });

  it.each([
    ['a file instead', { registry_password: { fromFile: '/x' } }, {}],
    ['a switch', { kube_token_auth: true, kube_encrypt_secret_data: true }, {}],
    ['a size or a time', { certificates_key_size: 2048, kubeadm_token_ttl: 3600 }, {}],
    [
      'a word that only holds one',
      { monkey: 'x', keyboard: 'y', keepalive: 'z', bypass: 'a', kubelet_binary_checksum: 'sha256:00' },
      {},
    ],
    [
      'where a secret lies',
      { kube_token_dir: '/etc/tokens', ssh_private_key_file: '/root/.ssh/id', credentials_path: '/c' },
      {},
    ],
    [
      'names for the certificates, beside holdfast’s own',
      { supplementary_addresses_in_ssl_keys: ['api.example.com', '192.0.2.1'] },
      {},
    ],
    ['a literal that is accepted in writing', { apiToken: 'x' }, { acceptLiteralSecrets: ['apiToken'] }],
    ['RBAC among the modes', { authorization_modes: ['Node', 'RBAC'] }, {}],
  ])('takes %s', (_, vars, more) => {
    expect(withVars(vars, more)).toEqual([]);
  });

  it.each([['api.example.com'], [{ a: 'b' }], [['a', 1]], [['']]])(
    'refuses names for the certificates that are no list of texts: %j',
    (names) => {
      expect(withVars({ supplementary_addresses_in_ssl_keys: names })).toEqual([
        expect.stringContaining('wanted: a list of names and addresses'),
      ]);
    },
  );

  it('brings the refusal back with the acceptance gone, and refuses one without its variable', () => {
    expect(withVars({ apiToken: 'x' }, { acceptLiteralSecrets: [] })).toHaveLength(1);
    expect(withVars({}, { acceptLiteralSecrets: ['apiToken'] })).toEqual([
      expect.stringContaining('vars has no apiToken'),
    ]);
  });

  it.each([
    ['kube_api_anonymous_auth', { kube_api_anonymous_auth: false }],
    ['kube_api_anonymous_auth', { kube_api_anonymous_auth: 'no' }],
    ['authorization_modes', { authorization_modes: ['Node'] }],
    ['kube_apiserver_use_authorization_config_file', { kube_apiserver_use_authorization_config_file: true }],
    [
      'kube_kubeadm_apiserver_extra_args.anonymous-auth',
      { kube_kubeadm_apiserver_extra_args: { 'anonymous-auth': 'false' } },
    ],
    [
      'kube_kubeadm_apiserver_extra_args.authorization-mode',
      { kube_kubeadm_apiserver_extra_args: { 'authorization-mode': 'Node,ABAC' } },
    ],
  ])('refuses %s that would close /readyz to the health check', (path, vars) => {
    expect(withVars(vars)).toEqual([expect.stringMatching(`kubespray.vars.${path}: .*/readyz.*marked down`)]);
  });

  it('refuses another way to etcd, and arguments of the API server that cannot be added to', () => {
    const name = 'kube_kubeadm_apiserver_extra_args';
    expect(withVars({ [name]: { 'etcd-servers': 'https://10.0.0.21:2379' } })).toEqual([
      expect.stringContaining(`kubespray.vars.${name}.etcd-servers: holdfast sets this argument`),
    ]);
    for (const whole of ['{{ my_arguments }}', ['a'], { fromFile: '/arguments' }])
      expect(withVars({ [name]: whole })).toEqual([
        expect.stringContaining(`kubespray.vars.${name}: wanted: a mapping`),
      ]);
    expect(withVars({ [name]: { 'request-timeout': '2m' } })).toEqual([]);
  });

  it.each([
    ['kube_version', 'kubernetes.version'],
    ['loadbalancer_apiserver', 'loadBalancer.internal'],
    ['kube_pods_subnet', 'kubernetes.podCidr'],
  ])('refuses %s and names %s', (name, key) => {
    expect(withVars({ [name]: 'x' })).toEqual([expect.stringContaining(`${key} of the spec instead`)]);
  });

  it.each([
    ['cluster_name', 'demo', 'cluster.local'],
    ['dns_domain', 'example.org', 'cluster.local'],
    ['bin_dir', '/opt/bin', '/usr/local/bin'],
    ['kube_apiserver_port', 8443, '6443'],
    ['etcd_deployment_type', 'kubeadm', 'host'],
    ['container_manager', 'crio', 'containerd'],
  ])('refuses %s: %s, says why, and takes %s', (name, value, right) => {
    const mistakes = withVars({ [name]: value });
    expect(mistakes).toEqual([expect.stringMatching(`kubespray.vars.${name}: .+; wanted: ${right}`)]);
    expect(mistakes[0]).not.toContain('sets this variable');
    expect(withVars({ [name]: right })).toEqual([]);
  });

  it.each([
    ['http_proxy', 'proxy.example.com:3128'],
    ['http_proxy', 'socks5://10.0.0.9:1080'],
    ['https_proxy', '{{ lookup("env", "https_proxy") }}'],
    ['https_proxy', 3128],
    ['no_proxy', '10.0.0.0/8, .example.com'],
    ['additional_no_proxy', ['.example.com']],
    ['no_proxy', { fromFile: '/no-proxy' }],
  ])('refuses %s: %j, by which its own downloads go too', (name, value) => {
    expect(withVars({ [name]: value })).toEqual([
      expect.stringMatching(`kubespray.vars.${name}: holdfast’s own downloads go by it too; wanted: `),
    ]);
  });

  it.each([
    {
      http_proxy: 'http://proxy.example.com:3128',
      https_proxy: 'http://10.0.0.9/',
      no_proxy: '.example.com,10.0.0.0/8',
    },
    { http_proxy: { fromFile: '/secrets/proxy' } },
    { http_proxy: '', https_proxy: '{{ proxy }}', proxy: 'https://10.0.0.9:3128' },
  ])('takes the proxy %j', (vars) => {
    expect(withVars(vars)).toEqual([]);
  });

  it('takes the port of the API as a number too', () => {
    expect(withVars({ kube_apiserver_port: 6443 })).toEqual([]);
  });
});
