import {
  etcdProxyConfigPath,
  etcdProxyPath,
  etcdProxySocket,
  etcdProxyUnit,
  renderEtcdProxyUnits,
} from '../cluster/render/etcd-proxy.ts';
import { sh } from '../hosts/shell.ts';
import { loadUnits, stopService } from './service.ts';
import { type StepBody, notYet, step } from './step.ts';

/** The proxy that stands before etcd, its units and its files go. */
const body: StepBody<'remove-etcd-proxy'> = async (_, { host, signal }) => {
  const files = [etcdProxyConfigPath, ...renderEtcdProxyUnits(host.name).map(({ path }) => path)];
  const there = async () => {
    const look = sh`for file in ${files}; do if [ -e "$file" ]; then echo "$file"; fi; done`;
    return (await host.run(look, { sudo: true, signal })).stdout.trim();
  };
  const units = [etcdProxyPath, etcdProxyUnit, etcdProxySocket];
  if ((await there()) === '') return { changed: false, summary: 'no proxy of holdfast’s stands before etcd' };
  for (const unit of units) await stopService(host, unit, signal);
  await host.run(sh`rm -f -- ${files}`, { sudo: true, signal });
  await loadUnits(host, units, true, signal);
  const left = await there();
  if (left !== '') throw notYet(host.name, `still there after rm: ${left}`, `Look at ${host.name}.`);
  return { changed: true, summary: 'the proxy before etcd is removed' };
};

export const removeEtcdProxy = step('remove-etcd-proxy', body);
