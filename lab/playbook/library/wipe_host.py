#!/usr/bin/python
"""Takes everything off a host that this playbook brought: containers, units, files, rules, links. Keeps packages."""

import glob
import os
import shutil

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.kubehost import run, tail

UNITS = ['k8s-certs-renew.timer', 'k8s-certs-renew', 'kubernetes-images', 'pod-network', 'kubelet', 'etcd']
FOLDERS = ['/etc/kubernetes', '/etc/ssl/etcd', '/etc/cni/net.d', '/opt/cni/bin', '/var/log/pods', '/var/log/containers',
           '/var/lib/cni', '/var/lib/kube-proxy', '/run/flannel', '/etc/containerd', '/run/containerd', '/root/.kube']
# Often mounts of their own: emptied, not removed.
EMPTIED = ['/var/lib/kubelet', '/var/lib/containerd']
FILES = ['/etc/etcd.env', '/etc/crictl.yaml', '/etc/sysctl.d/95-kubernetes.conf', '/etc/modules-load.d/kubernetes.conf',
         '/var/lib/pod-network.json']
PROGRAMS = ['kubeadm', 'kubelet', 'kubectl', 'etcd', 'etcdctl', 'etcdutl', 'crictl', 'pod-network', 'k8s-certs-renew.sh',
            'etcd-scripts']
LINKS = ['cni0', 'flannel.1', 'kube-ipvs0']


def stop_units(unit_files):
    done = []
    for unit in UNITS:
        if run(['systemctl', 'is-active', '-q', unit])[0] == 0:
            done.append('stopped ' + unit)
        run(['systemctl', 'disable', '-q', '--now', unit], timeout=60)
    for path in unit_files:
        if os.path.exists(path):
            os.unlink(path)
            done.append(path)
    run(['systemctl', 'daemon-reload'])
    run(['systemctl', 'reset-failed'])
    return done


def end_containers():
    code, out, _ = run(['ctr', '-n', 'k8s.io', 'tasks', 'ls', '-q'], timeout=30)
    names = out.split() if code == 0 else []
    for name in names:
        run(['ctr', '-n', 'k8s.io', 'tasks', 'kill', '-s', 'SIGKILL', name], timeout=20)
    for name in names:
        run(['ctr', '-n', 'k8s.io', 'tasks', 'rm', '-f', name], timeout=20)
    return ['ended %d containers' % len(names)] if names else []


def unmount(*roots):
    with open('/proc/self/mounts') as file:
        points = [line.split()[1].replace('\\040', ' ') for line in file]
    for point in sorted((p for p in points if any(p.startswith(r + '/') for r in roots)), key=len, reverse=True):
        run(['umount', '-l', point])
    for namespace in glob.glob('/run/netns/cni-*'):
        run(['ip', 'netns', 'del', os.path.basename(namespace)])


def remove(paths, emptied):
    done = []
    for path in paths + [inner for folder in emptied for inner in sorted(glob.glob(glob.escape(folder) + '/*'))]:
        if not os.path.lexists(path):
            continue
        if os.path.isdir(path) and not os.path.islink(path):
            shutil.rmtree(path)
        else:
            os.unlink(path)
        done.append(path)
    return done


def network():
    """The rules that kube-proxy and the plugins made. Chains of others keep their rules."""
    done = []
    for tool in ('iptables', 'ip6tables'):
        code, saved, _ = run([tool + '-save'])
        kept = [line for line in saved.splitlines() if not any(word in line for word in ('KUBE-', 'CNI-', 'FLANNEL'))
                and ' -j MASQUERADE' not in line]
        if code == 0 and kept != saved.splitlines():
            must([tool + '-restore'], '\n'.join(kept) + '\n')
            done.append(tool + ' rules')
    for family in ('ip', 'ip6'):
        if run(['nft', 'list', 'table', family, 'kube-proxy'])[0] == 0:
            must(['nft', 'delete', 'table', family, 'kube-proxy'])
            done.append('nft table kube-proxy')
    for link in LINKS:
        if run(['ip', 'link', 'del', link])[0] == 0:
            done.append('link ' + link)
    run(['ip', 'route', 'flush', 'proto', '77'])
    return done


def must(args, stdin=None):
    code, out, err = run(args, stdin=stdin)
    if code != 0:
        raise RuntimeError('%s: exit code %d: %s' % (' '.join(args), code, tail(err or out, 3)))


def main():
    module = AnsibleModule(argument_spec={name: {'required': True} for name in ('programs', 'etcd_data_dir', 'release_dir')})
    given = module.params
    unit_files = ['/etc/systemd/system/' + name for name in
                  ('etcd.service', 'kubelet.service', 'pod-network.service', 'k8s-certs-renew.service', 'k8s-certs-renew.timer')]
    programs = [os.path.join(given['programs'], name) for name in PROGRAMS]
    try:
        done = stop_units(unit_files) + end_containers()
        run(['systemctl', 'stop', 'containerd'], timeout=60)
        unmount('/run/containerd', '/var/lib/kubelet', '/var/lib/containerd')
        done += remove(FOLDERS + FILES + programs + [given['release_dir']], EMPTIED + [given['etcd_data_dir']])
        done += network()
    except (RuntimeError, OSError) as error:
        module.fail_json(msg='%s. Next: run it again; a reboot ends what still holds a file.' % error)
    module.exit_json(changed=bool(done), done=done[:50])


if __name__ == '__main__':
    main()
