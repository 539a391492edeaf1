import { sh } from '../hosts/shell.ts';
import { type StepBody, notYet, step } from './step.ts';

/** A node that works and has what a promotion builds on. Its CA is compared with the backup's where that is opened. */
const body: StepBody<'check-candidate'> = async (call, { host, signal }) => {
  const { stdout } = await host.run(
    sh`systemctl is-active --quiet kubelet || echo 'its kubelet does not run'
timeout 10 crictl version > /dev/null 2>&1 || echo 'its container runtime does not answer'
[ -s /etc/kubernetes/ssl/ca.crt ] || echo 'it has no /etc/kubernetes/ssl/ca.crt: it never joined the cluster'
[ -s /etc/kubernetes/kubelet.conf ] || echo 'it has no /etc/kubernetes/kubelet.conf: it never joined the cluster'
kubeadm version -o short`,
    { sudo: true, signal },
  );
  const wrong = stdout.trim().split('\n');
  const version = wrong.pop()?.replace(/^v/, '');
  if (version !== call.kubernetes.version)
    wrong.push(`its kubeadm is ${version ?? 'not there'}, not ${call.kubernetes.version}`);
  if (wrong.length > 0)
    throw notYet(
      host.name,
      wrong.join('; '),
      `Mend it (journalctl -u kubelet on ${host.name}), or promote another: holdfast abort, then holdfast promote --candidate NAME`,
    );
  return { changed: false, summary: `kubelet and container runtime work, kubeadm is ${version}` };
};

export const checkCandidate = step('check-candidate', body);
