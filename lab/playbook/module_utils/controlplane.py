"""A control-plane node's own files: bring them to what kubeadm-config.yaml says, through kubeadm's phases."""

import os
import re
import tempfile

from ansible.module_utils.kubehost import kubectl, read, run, tail, wait_ready, write

CONFIG = '/etc/kubernetes/kubeadm-config.yaml'
MANIFEST = '/etc/kubernetes/manifests/kube-apiserver.yaml'
CERTIFICATE = '/etc/kubernetes/ssl/apiserver.crt'
WAY_BACK = (
    'Next: mend the cause and run the playbook again, it goes on where it stopped. If this cluster has never worked, '
    '`ansible-playbook reset.yml -e reset_confirmation=yes` (with --limit=HOST for one host) makes it fresh.'
)


class Failed(Exception):
    """Said to a person as it stands."""


def phase(*args):
    code, out, err = run(['kubeadm', 'init', 'phase'] + list(args), timeout=300)
    if code != 0:
        raise Failed('kubeadm init phase %s: exit code %d: %s' % (' '.join(args), code, tail(err or out, 10)))


def converge(config, first):
    """What was changed. The file is written last, so that a run that died half way finds the difference again."""
    present = read(CONFIG)
    changed = []
    if present is not None and present.decode() == config:
        return changed
    before, after = version(present), version(config.encode())
    if before and before != after:
        raise Failed('Kubernetes %s runs here and %s is asked for: this playbook has no upgrade.' % (before, after))
    with tempfile.NamedTemporaryFile('w', dir='/etc/kubernetes', prefix='.kubeadm-', suffix='.yaml') as file:
        file.write(keep_etcd_certificate(config))
        file.flush()
        if lacks_names(config):
            for suffix in ('.crt', '.key'):
                os.rename(CERTIFICATE[:-4] + suffix, CERTIFICATE[:-4] + suffix + '.old')
            phase('certs', 'apiserver', '--config', file.name)
            changed.append('certificate of the API server')
        manifests = snapshot()
        phase('control-plane', 'all', '--config', file.name)
        changed += [name for name, text in snapshot().items() if manifests.get(name) != text]
        if not wait_ready(180):
            raise Failed('the API server is not ready 180 s after its settings changed: see `journalctl -u kubelet`.')
        if first:
            phase('upload-config', 'all', '--config', file.name)
            phase('addon', 'kube-proxy', '--config', file.name)
    write(CONFIG, config, 0o640)
    return changed + [CONFIG]


def version(config):
    found = re.search(rb'^kubernetesVersion: *(\S+)', config or b'', re.M)
    return found.group(1).decode() if found else ''


def snapshot():
    folder = os.path.dirname(MANIFEST)
    return {name: read(os.path.join(folder, name)) for name in os.listdir(folder) if name.endswith('.yaml')}


def keep_etcd_certificate(config):
    """A joined API server uses the etcd certificate it was joined with; changing its name would restart it for nothing."""
    found = re.search(rb'--etcd-certfile=(\S+)\.pem', read(MANIFEST) or b'')
    if not found:
        return config
    return re.sub(r'(certFile|keyFile): \S+?(-key)?\.pem', r'\1: %s\2.pem' % found.group(1).decode(), config)


def lacks_names(config):
    wanted = re.search(r'certSANs:\n((?: +- .*\n)+)', config)
    code, out, _ = run(['openssl', 'x509', '-noout', '-ext', 'subjectAltName', '-in', CERTIFICATE])
    have = set(re.findall(r'(?:DNS|IP Address):([^,\s]+)', out)) if code == 0 else set()
    return bool(wanted) and not set(re.findall(r'- "?([^"\n]+)"?', wanted.group(1))) <= have | {'::1'}


def admin_link():
    """root's kubectl on a control-plane node, as Kubespray leaves it."""
    content = read('/etc/kubernetes/admin.conf')
    if content is None or read('/root/.kube/config') == content:
        return []
    os.makedirs('/root/.kube', mode=0o700, exist_ok=True)
    write('/root/.kube/config', content, 0o600)
    return ['/root/.kube/config']


def mark(node, labels):
    """Label and taint of a control-plane node, lost when its Node object was deleted."""
    if 'node-role.kubernetes.io/control-plane' in labels:
        return []
    phase('mark-control-plane', '--config', CONFIG)
    return ['label and taint of ' + node]


def exists(*args):
    """Whether the API holds it. Raises where the API does not say."""
    code, _, err = kubectl('get', *args)
    if code == 0:
        return True
    if 'NotFound' in err or 'not found' in err:
        return False
    raise Failed('kubectl get %s: %s' % (' '.join(args), tail(err, 3)))
