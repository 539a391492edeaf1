#!/usr/bin/python
"""Waits until etcd is healthy as seen from this member, and says whether it holds a Kubernetes cluster already.

Once healthy, the member's environment says `existing`: an emptied data folder must not found a second cluster.
"""

import time

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.kubehost import read, run, tail, write

ENVIRONMENT = '/etc/etcd.env'
MARK = '/registry/configmaps/kube-system/kubeadm-config'


def environment():
    lines = [line.partition('=') for line in read(ENVIRONMENT).decode().splitlines() if not line.startswith('#')]
    return {key: value for key, _, value in lines if key.startswith('ETCDCTL_')}


def main():
    module = AnsibleModule(argument_spec={'timeout': {'type': 'int', 'default': 120}})
    deadline = time.time() + module.params['timeout']
    env = environment()
    while True:
        code, out, err = run(['etcdctl', 'endpoint', 'health', '--command-timeout=4s'], env=env, timeout=15)
        if code == 0:
            break
        if time.time() > deadline:
            journal = run(['journalctl', '-u', 'etcd', '-n', '10', '--no-pager', '-o', 'cat'])[1]
            module.fail_json(
                msg='etcd is not healthy after %d s: %s\nIts log ends:\n%s\nNext: look at `journalctl -u etcd` on '
                'every etcd host; most members must be up.' % (module.params['timeout'], tail(err, 3), tail(journal, 10))
            )
        time.sleep(0.5)
    code, out, err = run(['etcdctl', 'get', '--keys-only', MARK], env=env, timeout=15)
    if code != 0:
        module.fail_json(msg='etcd is healthy but does not answer a read: %s' % tail(err, 3))
    text = read(ENVIRONMENT).decode()
    settled = text.replace('ETCD_INITIAL_CLUSTER_STATE=new', 'ETCD_INITIAL_CLUSTER_STATE=existing')
    if settled != text:
        write(ENVIRONMENT, settled, 0o640)
    module.exit_json(changed=settled != text, initialised=MARK in out)


if __name__ == '__main__':
    main()
