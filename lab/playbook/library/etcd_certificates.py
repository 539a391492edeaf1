#!/usr/bin/python
"""Issues what is missing of etcd's certificates on the first etcd host, and hands each host its own.

Never makes a second CA: make-ssl-etcd.sh keeps the one that is there. A certificate is issued again only when it
lacks a name or address of openssl.conf, or when `refresh` asks for it. The answer holds keys: use no_log.
"""

import os
import re

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.kubehost import read, run, tail


def names(text):
    """Subject alternative names, as openssl prints them and as openssl.conf spells them, in one form."""
    return set(re.findall(r'(?:DNS(?:\.\d+)?\s*[:=]\s*)(\S+?)(?:,|\s|$)', text)) | set(
        re.findall(r'(?:IP(?: Address)?(?:\.\d+)?\s*[:=]\s*)(\S+?)(?:,|\s|$)', text)
    )


def fits(path, wanted):
    if not os.path.exists(path):
        return False
    code, out, _ = run(['openssl', 'x509', '-noout', '-ext', 'subjectAltName', '-in', path])
    return code == 0 and wanted <= names(out)


def main():
    strings = {'type': 'list', 'elements': 'str', 'default': []}
    module = AnsibleModule(
        argument_spec={
            'script': {'required': True},
            'config': {'required': True},
            'dir': {'required': True},
            'members': strings,
            'nodes': strings,
            'refresh': {'type': 'bool', 'default': False},
        },
    )
    given, folder = module.params, module.params['dir']
    wanted = {n for n in names(read(given['config']).decode()) if n != '::1'}

    def stale(prefix, host):
        both = [os.path.join(folder, '%s-%s%s.pem' % (prefix, host, key)) for key in ('', '-key')]
        return given['refresh'] or not (fits(both[0], wanted) and os.path.exists(both[1]))

    members = [h for h in given['members'] if stale('member', h) or stale('admin', h)]
    nodes = [h for h in given['nodes'] if stale('node', h)]
    if members or nodes:
        code, out, err = run(
            ['bash', given['script'], '-f', given['config'], '-d', folder],
            env={'MASTERS': ' '.join(members), 'HOSTS': ' '.join(nodes)},
        )
        if code != 0:
            module.fail_json(msg='%s: exit code %d: %s' % (given['script'], code, tail(err or out, 5)))

    def bundle(host):
        kinds = (['member', 'admin'] if host in given['members'] else []) + (['node'] if host in given['nodes'] else [])
        files = ['ca.pem'] + ['%s-%s%s.pem' % (kind, host, key) for kind in kinds for key in ('', '-key')]
        # Every etcd host keeps the CA's key, as Kubespray does: the loss of the first one must not end the CA.
        files += ['ca-key.pem'] if host in given['members'] else []
        return [{'path': os.path.join(folder, name), 'content': read(os.path.join(folder, name)).decode(),
                 'mode': '0600'} for name in files]

    hosts = set(given['members']) | set(given['nodes'])
    module.exit_json(changed=bool(members or nodes), issued=members + nodes, bundles={h: bundle(h) for h in hosts})


if __name__ == '__main__':
    main()
