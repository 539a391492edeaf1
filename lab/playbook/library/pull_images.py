#!/usr/bin/python
"""Starts pulling the images that are missing, in the background; kubeadm's modules wait for its end."""

import os
import time

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.kubehost import PULL_UNIT, present_images, run, tail

# Two tries: a registry that is just starting is no reason to give up. What still fails, kubeadm's own pull reports.
SCRIPT = """
for image in "$@"; do
  ctr -n k8s.io images pull --hosts-dir "$CERTS" "$image" >/dev/null ||
    { sleep 1; ctr -n k8s.io images pull --hosts-dir "$CERTS" "$image" >/dev/null; } || echo "cannot pull $image"
done
"""


def main():
    module = AnsibleModule(
        argument_spec={
            'images': {'type': 'list', 'elements': 'str', 'required': True},
            'certs_dir': {'required': True},
        },
    )
    deadline = time.time() + 60
    while not os.path.exists('/run/containerd/containerd.sock') or run(['ctr', 'version'])[0] != 0:
        if time.time() > deadline:
            log = run(['journalctl', '-u', 'containerd', '-n', '8', '--no-pager', '-o', 'cat'])[1]
            module.fail_json(msg='containerd does not answer after 60 s. Its log ends:\n%s' % tail(log, 8))
        time.sleep(0.3)
    missing = [image for image in module.params['images'] if image not in present_images()]
    if missing and run(['systemctl', 'is-active', '-q', PULL_UNIT])[0] != 0:
        code, _, err = run(
            ['systemd-run', '--unit', PULL_UNIT, '--collect', '--quiet', '--setenv=CERTS=' + module.params['certs_dir'],
             '--setenv=PATH=/usr/local/bin:/usr/bin:/bin', '/bin/sh', '-c', SCRIPT, 'sh'] + missing
        )
        if code != 0:
            module.fail_json(msg='systemd-run: exit code %d: %s' % (code, tail(err, 3)))
    module.exit_json(changed=bool(missing), missing=missing)


if __name__ == '__main__':
    main()
