import { sh } from '../hosts/shell.ts';
import { etcdHold } from './restore/paths.ts';
import { type StepBody, notYet, step } from './step.ts';

const hold = `# A restore of etcd is under way, and takes this file away when it may start: holdfast status.
[Unit]
ConditionPathExists=!${etcdHold}
`;

/** Stopped, and not to be started before its data is the restored: by no reboot, no person and nothing that heals. */
const body: StepBody<'stop-etcd'> = async (_, { host, signal }) => {
  const before = await state();
  if (before.includes('held') && before.includes('inactive'))
    return { changed: false, summary: 'etcd is stopped, and held' };
  await host.run(sh`install -d -m 0755 ${etcdHold.replace(/\/[^/]*$/, '')}`, { sudo: true, signal });
  await host.writeFile({ path: etcdHold, content: hold, mode: 0o644, sudo: true, signal });
  await host.run(sh`systemctl daemon-reload && systemctl stop etcd`, { sudo: true, signal, timeout: 150 });
  const after = await state();
  if (after.includes('held') && after.includes('inactive'))
    return { changed: true, summary: 'etcd is stopped, and held' };
  throw notYet(
    host.name,
    `etcd is ${after.join(', ')} after it was stopped`,
    `Look at systemctl status etcd on ${host.name}.`,
  );

  async function state(): Promise<readonly string[]> {
    const { stdout } = await host.run(
      sh`case $(systemctl show -p ActiveState --value etcd) in inactive|failed) echo inactive;; *) echo active;; esac
if systemctl show -p DropInPaths --value etcd | grep -qF ${etcdHold} && [ -e ${etcdHold} ]; then echo held; else echo free; fi`,
      { sudo: true, signal },
    );
    return stdout.trim().split('\n');
  }
};

export const stopEtcd = step('stop-etcd', body);
