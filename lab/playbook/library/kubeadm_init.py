#!/usr/bin/python
"""The first control-plane node: kubeadm init, the rest of an init that died half way, or what differs from its settings."""

import os

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.controlplane import CONFIG, MANIFEST, WAY_BACK, Failed, admin_link, converge, exists, phase
from ansible.module_utils.kubehost import kubectl_json, pull_log, run, tail, wait_images, wait_ready, write
from ansible.module_utils.kubehost import ApiError

CA_KEY = '/etc/kubernetes/ssl/ca.key'
# What a half-made init leaves in its own way. The CA is none of it: kubeadm keeps the one it finds.
LEFT_BEHIND = ['FileAvailable--etc-kubernetes-manifests-kube-%s.yaml' % name
               for name in ('apiserver', 'controller-manager', 'scheduler')]
LEFT_BEHIND += ['Port-6443', 'Port-10250', 'Port-10257', 'Port-10259']


def init(given):
    half = os.path.exists(CA_KEY) or os.path.exists(MANIFEST)
    missing = wait_images(given['images'])
    if missing:
        raise Failed('images cannot be pulled: %s\n%s\nNext: is the registry up and reachable from here?'
                     % (', '.join(missing), pull_log()))
    write(CONFIG, given['config'], 0o640)
    ignore = given['ignore_preflight_errors'] + (LEFT_BEHIND if half else [])
    code, out, err = run(
        ['kubeadm', 'init', '--config', CONFIG, '--skip-token-print']
        + (['--ignore-preflight-errors=' + ','.join(ignore)] if ignore else []), timeout=600)
    if code != 0:
        log = run(['journalctl', '-u', 'kubelet', '-n', '10', '--no-pager', '-o', 'cat'])[1]
        raise Failed('kubeadm init: exit code %d:\n%s\n%s\nThe kubelet\'s log ends:\n%s\n%s'
                     % (code, tail(out, 15), tail(err, 15), tail(log, 10), WAY_BACK))
    return ['kubeadm init' + (', over what an unfinished one had left' if half else '')]


def finish(given):
    """The steps of kubeadm init that come after the API first answered, where it died among them."""
    if not wait_ready(120):
        raise Failed('etcd holds this cluster, but the API server here is not ready after 120 s. Next: see `journalctl '
                     '-u kubelet` and /var/log/pods; nothing was changed.')
    done = []
    node = kubectl_json('get', 'node', given['name'])
    if node is None:
        code, out, err = run(['systemctl', 'restart', 'kubelet'])
        if code != 0:
            raise Failed('kubelet does not start: %s' % tail(err or out, 5))
        done.append('kubelet registers its node again')
    elif 'node-role.kubernetes.io/control-plane' not in node['metadata'].get('labels', {}):
        phase('upload-config', 'all', '--config', CONFIG)
        phase('mark-control-plane', '--config', CONFIG)
        done.append('label and taint')
    if not exists('-n', 'kube-public', 'configmap', 'cluster-info'):
        phase('bootstrap-token', '--config', CONFIG)
        done.append('bootstrap tokens')
    if not exists('-n', 'kube-system', 'daemonset', 'kube-proxy'):
        phase('addon', 'kube-proxy', '--config', CONFIG)
        done.append('kube-proxy')
    if not exists('-n', 'kube-system', 'deployment', 'coredns'):
        phase('addon', 'coredns', '--config', CONFIG)
        done.append('CoreDNS')
    return done


def main():
    strings = {'type': 'list', 'elements': 'str', 'default': []}
    module = AnsibleModule(
        argument_spec={
            'name': {'required': True},
            'config': {'required': True},
            'initialised': {'type': 'bool', 'required': True},
            'images': strings,
            'ignore_preflight_errors': strings,
        },
    )
    given = module.params
    try:
        if not given['initialised']:
            done = init(given)
        elif not os.path.exists(CA_KEY):
            raise Failed('etcd holds a cluster already, but %s has not its CA: a new CA would cut off every node. Next: '
                         'restore /etc/kubernetes/ssl from the PKI backup, or put a control-plane node that has it '
                         'first in the group kube_control_plane.' % given['name'])
        else:
            done = finish(given) + converge(given['config'], first=True)
        done += admin_link()
    except (Failed, ApiError) as error:
        module.fail_json(msg=str(error))
    module.exit_json(changed=bool(done), done=done)


if __name__ == '__main__':
    main()
