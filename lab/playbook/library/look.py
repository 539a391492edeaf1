#!/usr/bin/python
"""Reads what a host holds already. Changes nothing."""

import os

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.kubehost import read, run


def fingerprint(path):
    code, out, _ = run(['openssl', 'x509', '-noout', '-fingerprint', '-sha256', '-in', path])
    return out.strip().rpartition('=')[2] if code == 0 else ''


def main():
    module = AnsibleModule(argument_spec={'etcd_data_dir': {'required': True}}, supports_check_mode=True)
    ssl, etcd = '/etc/kubernetes/ssl', '/etc/ssl/etcd/ssl'
    has = os.path.exists
    module.exit_json(
        changed=False,
        etcd_ca=fingerprint(etcd + '/ca.pem') if has(etcd + '/ca.pem') else '',
        etcd_ca_key=has(etcd + '/ca-key.pem'),
        etcd_data=has(os.path.join(module.params['etcd_data_dir'], 'member')),
        etcd_state='existing' if b'ETCD_INITIAL_CLUSTER_STATE=existing' in (read('/etc/etcd.env') or b'') else 'new',
        kube_ca=fingerprint(ssl + '/ca.crt') if has(ssl + '/ca.crt') else '',
        kube_ca_key=has(ssl + '/ca.key'),
        api_server=has('/etc/kubernetes/manifests/kube-apiserver.yaml'),
        joined=has('/etc/kubernetes/kubelet.conf'),
        swap=(read('/proc/swaps') or b'').count(b'\n') > 1,
        containerd=any(has(d + '/containerd') for d in ('/usr/local/bin', '/usr/bin')),
    )


if __name__ == '__main__':
    main()
