#!/usr/bin/python
"""Makes folders, files, links, kernel settings and units of a host be as described: looks, and changes what differs.

units: [{name, running: true|false|absent, restart_on: [path…]}]: a unit that runs is restarted only when one of those
paths changed in this task or stands in `also_changed`; `running: false` enables it without starting it.
"""

import os

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.kubehost import read, run, tail, write


def folders(wanted):
    changed = []
    for item in wanted:
        path, mode = item['path'], int(str(item.get('mode', '0755')), 8)
        if not os.path.isdir(path):
            os.makedirs(path)
            changed.append(path)
        if os.stat(path).st_mode & 0o7777 != mode:
            os.chmod(path, mode)
            changed.append(path)
    return changed


def files(wanted):
    changed = []
    for item in wanted:
        path, mode = item['path'], int(str(item.get('mode', '0644')), 8)
        if not os.path.isdir(os.path.dirname(path)):
            os.makedirs(os.path.dirname(path))
        content = item['content'].encode()
        if read(path) != content:
            write(path, content, mode)
            changed.append(path)
        elif os.stat(path).st_mode & 0o7777 != mode:
            os.chmod(path, mode)
            changed.append(path)
    return changed


def links(wanted):
    changed = []
    for item in wanted:
        path, target = item['path'], item['target']
        if os.path.islink(path) and os.readlink(path) == target:
            continue
        if os.path.lexists(path) and not os.path.islink(path):
            raise RuntimeError('%s is not a link: move it away, it should point to %s' % (path, target))
        if os.path.islink(path):
            os.unlink(path)
        os.symlink(target, path)
        changed.append(path)
    return changed


def sysctls(wanted):
    """Values that the kernel holds otherwise. A key that this kernel has not is an error."""
    changed = []
    for key, value in wanted.items():
        path = '/proc/sys/' + key.replace('.', '/')
        have = read(path)
        if have is None:
            raise RuntimeError('the kernel has no %s (is its module loaded?)' % key)
        if have.decode().split() != str(value).split():
            with open(path, 'w') as file:
                file.write(str(value))
            changed.append(key)
    return changed


def units(wanted, changed):
    acted = []
    if any(path.startswith('/etc/systemd/system') for path in changed):
        must(['systemctl', 'daemon-reload'])
    for unit in wanted:
        name = unit['name']
        if run(['systemctl', 'is-enabled', '-q', name])[0] != 0:
            must(['systemctl', 'enable', '-q', name])
            acted.append('enabled ' + name)
        if not unit.get('running', True):
            continue
        state = run(['systemctl', 'is-active', name])[1].strip()
        stale = [path for path in unit.get('restart_on', []) if path in changed]
        if state in ('active', 'reloading') and stale:
            must(['systemctl', 'restart', '--no-block', name])
            acted.append('restarted %s: %s changed' % (name, ', '.join(stale)))
        elif state not in ('active', 'activating', 'reloading'):
            # An etcd member is up only once its peers are: whoever needs it waits for it, not this.
            run(['systemctl', 'reset-failed', name])
            must(['systemctl', 'start', '--no-block', name])
            acted.append('started ' + name)
    return acted


def must(args):
    code, out, err = run(args)
    if code != 0:
        raise RuntimeError('%s: exit code %d: %s' % (' '.join(args), code, tail(err or out, 5)))


def main():
    dicts = {'type': 'list', 'elements': 'dict', 'default': []}
    module = AnsibleModule(
        argument_spec={
            'folders': dicts,
            'files': dicts,
            'links': dicts,
            'units': dicts,
            'sysctls': {'type': 'dict', 'default': {}},
            'also_changed': {'type': 'list', 'elements': 'str', 'default': []},
        },
    )
    given = module.params
    try:
        changed = folders(given['folders']) + files(given['files']) + links(given['links'])
        changed += sysctls(given['sysctls'])
        acted = units(given['units'], changed + given['also_changed'])
    except (RuntimeError, OSError) as error:
        module.fail_json(msg=str(error))
    module.exit_json(changed=bool(changed or acted), paths=changed, units=acted)


if __name__ == '__main__':
    main()
