import { HostError } from '../hosts/errors.ts';
import { sh } from '../hosts/shell.ts';
import { type StepBody, step } from './step.ts';

/** Its pods go on. A node that is off holds nobody up: its kubelet begins anew when it comes back. */
const body: StepBody<'restart-kubelet'> = async (_, { host, signal }) => {
  try {
    const { stdout } = await host.run(
      sh`set -e; state=$(systemctl show -p LoadState --value kubelet)
[ "$state" != not-found ] || { echo none; exit 0; }
systemctl restart kubelet; systemctl is-active kubelet`,
      { sudo: true, signal, timeout: 120 },
    );
    if (stdout.trim() === 'none') return { changed: false, summary: 'no kubelet runs here' };
    return { changed: true, summary: 'restarted' };
  } catch (error) {
    if (!(error instanceof HostError && error.kind === 'ConnectionLost')) throw error;
    return { changed: false, summary: `no answer: ${error.message.slice(0, 150)}`, problem: 'no answer' };
  }
};

export const restartKubelet = step('restart-kubelet', body);
