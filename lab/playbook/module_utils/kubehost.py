"""What the modules of this playbook share: running commands, atomic writes, talking to the API through kubectl."""

import json
import os
import subprocess
import tempfile
import time

KUBECTL = ['/usr/local/bin/kubectl', '--kubeconfig', '/etc/kubernetes/admin.conf', '--request-timeout=10s']
PULL_UNIT = 'kubernetes-images.service'


def run(args, timeout=600, stdin=None, env=None):
    """Exit code, stdout, stderr. 124 where the time ran out, 127 where the program is not there."""
    full = dict(os.environ, PATH='/usr/local/bin:/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL='C')
    full.update(env or {})
    try:
        done = subprocess.run(args, input=stdin, capture_output=True, text=True, timeout=timeout, env=full)
    except subprocess.TimeoutExpired:
        return 124, '', '%s did not end within %d s' % (args[0], timeout)
    except FileNotFoundError:
        return 127, '', '%s is not installed' % args[0]
    return done.returncode, done.stdout, done.stderr


def tail(text, lines=25):
    return '\n'.join(text.strip().splitlines()[-lines:])


def read(path):
    try:
        with open(path, 'rb') as file:
            return file.read()
    except FileNotFoundError:
        return None


def write(path, content, mode):
    """Whole or not at all: a power cut leaves the old file or the new one."""
    data = content if isinstance(content, bytes) else content.encode()
    handle, temporary = tempfile.mkstemp(dir=os.path.dirname(path), prefix='.new-')
    try:
        with os.fdopen(handle, 'wb') as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, mode)
        os.rename(temporary, path)
    except BaseException:
        if os.path.exists(temporary):
            os.unlink(temporary)
        raise


def kubectl(*args, **options):
    return run(KUBECTL + list(args), **options)


def kubectl_json(*args):
    """The object, or None where the API says that there is none. Any other failure raises."""
    code, out, err = kubectl(*(list(args) + ['-o', 'json']))
    if code == 0:
        return json.loads(out)
    if 'NotFound' in err or 'not found' in err:
        return None
    raise ApiError('kubectl %s: %s' % (' '.join(args), tail(err, 3)))


class ApiError(Exception):
    """The API gave no answer, so nothing is known."""


def wait_ready(seconds):
    """Whether the API that admin.conf names said that it is ready, within that many seconds."""
    deadline = time.time() + seconds
    while True:
        code, out, _ = kubectl('get', '--raw=/readyz')
        if code == 0 and out.strip() == 'ok':
            return True
        if time.time() > deadline:
            return False
        time.sleep(1)


def present_images():
    code, out, err = run(['ctr', '-n', 'k8s.io', 'images', 'ls', '-q'])
    if code != 0:
        raise RuntimeError('containerd does not answer: %s' % tail(err, 3))
    return set(out.split())


def wait_images(images, seconds=600):
    """Waits for the pull in the background. The images that are still missing then."""
    deadline = time.time() + seconds
    while time.time() < deadline:
        code, out, _ = run(['systemctl', 'is-active', PULL_UNIT])
        if out.strip() not in ('active', 'activating', 'deactivating', 'reloading'):
            break
        time.sleep(0.5)
    return sorted(set(images) - present_images())


def pull_log():
    return tail(run(['journalctl', '-u', PULL_UNIT, '-n', '15', '--no-pager', '-o', 'cat'])[1], 15)
