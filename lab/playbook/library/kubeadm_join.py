#!/usr/bin/python
"""Joins this host to the cluster as a node, or as a control-plane node; does nothing where it has joined."""

import json
import os
import tempfile

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.controlplane import CONFIG, MANIFEST, WAY_BACK, Failed, admin_link, converge, mark
from ansible.module_utils.kubehost import ApiError, pull_log, run, tail, wait_images, wait_ready, write

KUBELET = '/etc/kubernetes/kubelet.conf'
CA = '/etc/kubernetes/ssl/ca.crt'
LEFT_BEHIND = ['FileAvailable--etc-kubernetes-bootstrap-kubelet.conf', 'FileAvailable--etc-kubernetes-pki-ca.crt',
               'FileAvailable--etc-kubernetes-kubelet.conf', 'FileAvailable--etc-kubernetes-ssl-ca.crt', 'Port-10250']
LEFT_BEHIND_MASTER = ['FileAvailable--etc-kubernetes-manifests-kube-%s.yaml' % name
                      for name in ('apiserver', 'controller-manager', 'scheduler')]
LEFT_BEHIND_MASTER += ['DirAvailable--etc-kubernetes-manifests', 'Port-6443', 'Port-10257', 'Port-10259']


def configuration(given, master):
    config = {
        'apiVersion': 'kubeadm.k8s.io/v1beta4',
        'kind': 'JoinConfiguration',
        'discovery': {'bootstrapToken': {'apiServerEndpoint': given['endpoint'], 'token': given['token'],
                                         'caCertHashes': [given['ca_hash']]}},
        'nodeRegistration': {'name': given['name'], 'criSocket': 'unix:///run/containerd/containerd.sock',
                             'imagePullPolicy': 'IfNotPresent', 'taints': given['taints']},
        'caCertPath': CA,
    }
    if master:
        config['controlPlane'] = {'certificateKey': given['certificate_key'],
                                  'localAPIEndpoint': {'advertiseAddress': given['address'],
                                                       'bindPort': given['bind_port']}}
    return json.dumps(config)


def join(given, master):
    missing = wait_images(given['images'])
    if missing:
        raise Failed('images cannot be pulled: %s\n%s\nNext: is the registry up and reachable from here?'
                     % (', '.join(missing), pull_log()))
    half = os.path.exists(CA) or os.path.exists('/etc/kubernetes/bootstrap-kubelet.conf')
    ignore = given['ignore_preflight_errors'] + (LEFT_BEHIND if half else [])
    ignore += LEFT_BEHIND_MASTER if half and master else []
    with tempfile.NamedTemporaryFile('w', dir='/run', prefix='kubeadm-', suffix='.yaml') as file:
        file.write(configuration(given, master))
        file.flush()
        code, out, err = run(['kubeadm', 'join', '--config', file.name]
                             + (['--ignore-preflight-errors=' + ','.join(ignore)] if ignore else []), timeout=600)
    if code != 0:
        log = run(['journalctl', '-u', 'kubelet', '-n', '10', '--no-pager', '-o', 'cat'])[1]
        text = '\n'.join([tail(out, 15), tail(err, 15)]).replace(given['token'], '(token)')
        raise Failed('kubeadm join: exit code %d:\n%s\nThe kubelet\'s log ends:\n%s\n%s'
                     % (code, text, tail(log, 10), WAY_BACK))
    if master:
        write(CONFIG, given['config'], 0o640)
    return ['kubeadm join']


def settle(given, master, labels):
    """A host that has joined. Its Node object may be gone, or without its marks."""
    done = []
    if labels is None or run(['systemctl', 'is-active', '-q', 'kubelet'])[0] != 0:
        code, out, err = run(['systemctl', 'restart', 'kubelet'])
        if code != 0:
            raise Failed('kubelet does not start: %s' % tail(err or out, 5))
        done.append('kubelet started, it registers its node')
    if not master:
        return done
    if not wait_ready(120):
        raise Failed('the API server here is not ready after 120 s. Next: see `journalctl -u kubelet` and /var/log/pods.')
    return done + converge(given['config'], first=False) + mark(given['name'], labels or [])


def main():
    strings = {'type': 'list', 'elements': 'str', 'default': []}
    module = AnsibleModule(
        argument_spec={
            'name': {'required': True},
            'address': {'required': True},
            'bind_port': {'type': 'int', 'default': 6443},
            'endpoint': {'required': True},
            'token': {'no_log': True},
            'ca_hash': {},
            'certificate_key': {'no_log': True},
            'control_plane': {'type': 'bool', 'default': False},
            'config': {'default': ''},
            'nodes': {'type': 'dict', 'required': True},
            'taints': {'type': 'list', 'elements': 'dict', 'default': []},
            'images': strings,
            'ignore_preflight_errors': strings,
        },
    )
    given, master = module.params, module.params['control_plane']
    try:
        if not os.path.exists(KUBELET):
            done = join(given, master)
        elif master and not os.path.exists(MANIFEST):
            raise Failed('%s is a node already, but no control-plane node: this playbook cannot make one of it. Next: '
                         'promote it, or reset it alone (reset.yml --limit=%s -e reset_confirmation=yes) and run this '
                         'again.' % (given['name'], given['name']))
        else:
            done = settle(given, master, given['nodes'].get(given['name']))
        done += admin_link() if master else []
    except (Failed, ApiError) as error:
        module.fail_json(msg=str(error))
    module.exit_json(changed=bool(done), done=done)


if __name__ == '__main__':
    main()
