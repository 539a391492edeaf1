#!/usr/bin/python
"""kubectl apply of some manifests; changed only when the API says that something was."""

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.kubehost import kubectl, tail


def main():
    module = AnsibleModule(argument_spec={'manifests': {'required': True}})
    code, out, err = kubectl('apply', '-f', '-', stdin=module.params['manifests'], timeout=60)
    if code != 0:
        module.fail_json(msg='kubectl apply: exit code %d: %s' % (code, tail(err or out, 10)))
    done = [line for line in out.splitlines() if not line.endswith(' unchanged')]
    module.exit_json(changed=bool(done), done=done)


if __name__ == '__main__':
    main()
