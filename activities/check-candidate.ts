import { type StepBody, notYet, step } from './step.ts';
import { unfitness } from './unfitness.ts';

/** A node that works and has what a promotion builds on. Its CA is compared with the backup's where that is opened. */
const body: StepBody<'check-candidate'> = async (call, { host, signal }) => {
  const { version } = call.kubernetes;
  const { stdout } = await host.run(unfitness(version), { sudo: true, signal });
  const wrong = stdout.split('\n').filter((line) => line !== '');
  if (wrong.length > 0)
    throw notYet(
      host.name,
      wrong.join('; '),
      `Mend it (journalctl -u kubelet on ${host.name}), or promote another: holdfast abort, then holdfast promote --candidate NAME`,
    );
  return { changed: false, summary: `kubelet and container runtime work, kubeadm is ${version}` };
};

export const checkCandidate = step('check-candidate', body);
