import { hostsWithRole } from '../cluster.ts';
import type { Cluster } from '../cluster.ts';
import { firstBastion, namesOf } from '../hosts-of.ts';
import { step } from '../plan-step.ts';
import type { Step } from '../plan-types.ts';
import { probeTargets } from './probe-targets.ts';
import { breakageOf } from './stories.ts';
import type { DrillStory, DrillTimes } from './stories.ts';

/** What happens in a drill, as steps: which hosts it is about is known once the first has looked. */
export function drillSteps(cluster: Cluster, story: DrillStory, times: DrillTimes) {
  const bastion = firstBastion(cluster).name;
  const breakage = breakageOf(story, cluster);
  const balancers = namesOf(hostsWithRole(cluster, 'load-balancer'));
  const etcd = hostsWithRole(cluster, 'etcd').map(({ name, address }) => ({ name, address }));
  const internal = cluster.loadBalancer?.internal.address;
  const { mode, promoteBelow } = cluster.failover;
  const mayPromote = mode === 'automatic' && story !== 'all-masters' && breakage.kind === 'silence';
  const each = (hosts: readonly string[], make: (host: string) => Step): Step[] => hosts.map(make);
  return {
    check: step(
      'check-drill',
      'Check that a drill may begin',
      bastion,
      {
        ...{ story, balancers, etcd },
        ...(internal !== undefined && { internal }),
        ...(mayPromote && { promoteBelow }),
      },
      [...balancers, ...namesOf(etcd)],
    ),
    probe: step('start-prober', 'Start to probe', bastion, {
      targets: probeTargets(cluster, bastion),
      seconds: times.before + times.timer + times.after + 600,
    }),
    arm: (hosts: readonly string[]) =>
      each(hosts, (host) =>
        step('set-restore-timer', 'Set the timer that puts it back', host, {
          breakage,
          seconds: times.timer,
        }),
      ),
    break: (hosts: readonly string[]) =>
      each(hosts, (host) =>
        step('break-host', 'Break it', host, { breakage, seconds: times.broken, bastion }, [bastion]),
      ),
    putBack: (hosts: readonly string[]) =>
      each(hosts, (host) => step('put-back', 'Put it back', host, { breakage, bastion }, [bastion])),
    report: (what: string) => step('write-drill-report', 'Write the report', bastion, { story, what }),
  };
}
