import { changeMark } from '../cluster/workflow-ids.ts';
import { sh } from '../hosts/shell.ts';
import { bastionPaths } from './bastion-paths.ts';
import { type StepBody, notYet, step } from './step.ts';

/** "The API answers" is not "it works": an object is created, read back and deleted through each address. */
const body: StepBody<'check-writes'> = async (call, { host, signal }) => {
  const { kubeconfig } = bastionPaths(call.cluster);
  const name = `holdfast-check-writes-${changeMark(call.change)}`;
  for (const address of call.addresses) {
    const value = `${address} ${Date.now()}`;
    const { code, stdout, stderr } = await host.run(
      sh`k() { kubectl --kubeconfig ${kubeconfig} --server ${`https://${address}`} --request-timeout=10s -n kube-system "$@"; }
k delete configmap ${name} --ignore-not-found > /dev/null && k create configmap ${name} ${`--from-literal=value=${value}`} > /dev/null &&
k get configmap ${name} -o 'jsonpath={.data.value}' && k delete configmap ${name} > /dev/null`,
      { sudo: true, signal, ok: 'any', timeout: 60 },
    );
    if (code !== 0 || stdout !== value)
      throw notYet(
        host.name,
        `through ${address} an object cannot be written and read back: ${stderr.trim().slice(-500) || stdout}`,
        'Look at the API server’s log (crictl logs) and at etcd: holdfast status',
      );
  }
  return { changed: false, summary: `written, read and deleted through ${call.addresses.join(' and ')}` };
};

export const checkWrites = step('check-writes', body);
