#!/usr/bin/python
"""Waits until every given node is Ready, and gives each the labels that the inventory names."""

import time

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.kubehost import ApiError, kubectl, kubectl_json, tail


def ready(node):
    return any(c['type'] == 'Ready' and c['status'] == 'True' for c in node['status'].get('conditions', []))


def reason(node):
    if node is None:
        return 'has no Node object'
    messages = [c.get('message', '') for c in node['status'].get('conditions', []) if c['type'] == 'Ready']
    return messages[0] if messages else 'has not reported yet'


def main():
    module = AnsibleModule(
        argument_spec={
            'nodes': {'type': 'list', 'elements': 'str', 'required': True},
            'labels': {'type': 'dict', 'default': {}},
            'timeout': {'type': 'int', 'default': 180},
        },
    )
    given = module.params
    deadline = time.time() + given['timeout']
    while True:
        try:
            found = {n['metadata']['name']: n for n in kubectl_json('get', 'nodes')['items']}
            waiting = {n: reason(found.get(n)) for n in given['nodes'] if n not in found or not ready(found[n])}
        except ApiError as error:
            waiting = {'the API': str(error)}
        if not waiting:
            break
        if time.time() > deadline:
            module.fail_json(msg='not Ready after %d s: %s' % (given['timeout'],
                             '; '.join('%s: %s' % pair for pair in sorted(waiting.items()))))
        time.sleep(1)
    labelled = []
    for name, labels in given['labels'].items():
        have = found[name]['metadata'].get('labels', {}) if name in found else {}
        differ = ['%s=%s' % pair for pair in labels.items() if have.get(pair[0]) != str(pair[1])]
        if not differ:
            continue
        code, out, err = kubectl('label', '--overwrite', 'node', name, *differ)
        if code != 0:
            module.fail_json(msg='kubectl label node %s: exit code %d: %s' % (name, code, tail(err or out, 3)))
        labelled.append(name)
    module.exit_json(changed=bool(labelled), labelled=labelled)


if __name__ == '__main__':
    main()
