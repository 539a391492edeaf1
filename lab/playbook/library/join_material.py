#!/usr/bin/python
"""On a control-plane node that serves: who has joined already, and what the others need to join. Use no_log.

The token lives for 20 minutes, the certificate key's Secret for two hours; neither is made when nobody is missing.
"""

import os
import re
import secrets
import tempfile

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.controlplane import CONFIG, Failed, phase
from ansible.module_utils.kubehost import ApiError, kubectl_json, read, run, tail, wait_ready

ROLE = 'node-role.kubernetes.io/control-plane'


def ca_hash():
    code, key, err = run(['openssl', 'x509', '-pubkey', '-noout', '-in', '/etc/kubernetes/ssl/ca.crt'])
    if code == 0:
        code, out, err = run(['sh', '-c', 'openssl pkey -pubin -outform der | sha256sum'], stdin=key)
    if code != 0:
        raise Failed('ca.crt: %s' % tail(err, 3))
    return 'sha256:' + out.split()[0]


def token():
    code, out, err = run(['kubeadm', 'token', 'create', '--ttl', '20m', '--kubeconfig', '/etc/kubernetes/admin.conf'])
    if code != 0:
        raise Failed('kubeadm token create: exit code %d: %s' % (code, tail(err, 5)))
    return out.split()[-1]


def certificate_key():
    """In the file, not in argv: with --certificate-key kubeadm would leave etcd's certificates out."""
    key = secrets.token_hex(32)
    config = re.sub(r'(?m)^kind: InitConfiguration$', 'kind: InitConfiguration\ncertificateKey: "%s"' % key,
                    read(CONFIG).decode())
    with tempfile.NamedTemporaryFile('w', dir='/run', prefix='kubeadm-', suffix='.yaml') as file:
        file.write(config)
        file.flush()
        phase('upload-certs', '--upload-certs', '--config', file.name)
    return key


def main():
    strings = {'type': 'list', 'elements': 'str', 'default': []}
    module = AnsibleModule(argument_spec={'control_plane': strings, 'nodes': strings})
    given = module.params
    try:
        if not os.path.exists('/etc/kubernetes/admin.conf') or not wait_ready(120):
            raise Failed('the API does not answer on this control-plane node: nobody can join. Next: run cluster.yml, '
                         'or mend this node first.')
        nodes = {n['metadata']['name']: sorted(n['metadata'].get('labels', {}))
                 for n in kubectl_json('get', 'nodes')['items']}
        masters = [n for n in given['control_plane'] if ROLE not in nodes.get(n, [])]
        others = [n for n in given['nodes'] if n not in nodes]
        result = {'nodes': nodes, 'token': '', 'ca_hash': '', 'certificate_key': ''}
        if masters or others:
            result.update(token=token(), ca_hash=ca_hash())
        if masters:
            result.update(certificate_key=certificate_key())
    except (Failed, ApiError) as error:
        module.fail_json(msg=str(error))
    module.exit_json(changed=bool(masters or others), missing=sorted(set(masters + others)), **result)


if __name__ == '__main__':
    main()
