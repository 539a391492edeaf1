import { expect } from 'vitest';
import { answered } from '../../support/answered.ts';
import { availabilityStory } from '../../support/availability-story.ts';
import { until } from '../../support/holdfast.ts';
import { failoverOf, forget, kubectl, namespace, noteBefore, objects } from '../../support/promotion.ts';
import type { StoryLab } from '../../support/story-lab.ts';

const lost = ['etcd-2', 'etcd-3'];
const reason = 'two disks are gone';

/**
 * Two of three members lose their power. Failover waits for a person; one restores the newest backup on the member that
 * is left, and, once the others have their power again, brings all three together from it.
 */
availabilityStory({
  story: 'quorum-lost',
  body: async (lab, run) => {
    const command = kubectl(lab.name);
    await noteBefore(lab, []);
    expect((await lab.holdfast.run(['backup', lab.name], 3)).code).toBe(0);
    const backup = await newestBackup(lab);
    await lab.on('bastion-1', `${command} create configmap late -n ${namespace} > /dev/null`);
    const before = await objects(lab);
    const all = await count(lab);

    await run.fault(`${lost.join(', ')} powered off`, () =>
      Promise.all(lost.map((host) => lab.power(host, 'off'))),
    );
    const waiting = await until(
      'failover waits for a person',
      3,
      () => failoverOf(lab),
      (status) => status?.waitingFor?.reason === 'etcd-no-quorum',
    );
    run.figures.waits = run.seconds;
    expect(JSON.stringify(waiting?.waitingFor)).toContain(`holdfast restore ${lab.name}`);

    const begun = run.seconds;
    await restored(lab, backup);
    run.figures.restore = run.seconds - begun;
    expect((await failoverOf(lab))?.promoted).toEqual([]);
    expect(await objects(lab)).toBe(before);
    // What was written after the backup is what is lost.
    const late = await answered(
      lab.on,
      'bastion-1',
      `${command} get configmap late -n ${namespace} --ignore-not-found`,
    );
    expect(late).toBe('');
    run.figures.lost = all - (await count(lab));
    expect(run.figures.lost).toBe(1);

    await run.restored(() => Promise.all(lost.map((host) => lab.power(host, 'on'))));
    const together = run.seconds;
    await restored(lab, 'etcd-1');
    run.figures.together = run.seconds - together;
    expect(await objects(lab)).toBe(before);
  },
  afterwards: forget,
});

async function restored({ holdfast, name }: StoryLab, from: string): Promise<void> {
  const { code, stdout, stderr } = await holdfast.run(
    ['restore', name, '--from', from, '--reason', reason, '--yes'],
    10,
  );
  expect(code, `${stdout.slice(-3000)}\n${stderr.slice(-2000)}`).toBe(0);
}

async function newestBackup({ on, name }: StoryLab): Promise<string> {
  const folder = `/var/lib/holdfast/${name}/backups`;
  return (await on('bastion-1', `ls -1 ${folder} | grep '^etcd-.*[.]age$' | sort | tail -n 1`)).trim();
}

/** Of all that the story wrote. */
async function count({ on, name }: StoryLab): Promise<number> {
  const get = `${kubectl(name)} get configmaps -n ${namespace} -o name | wc -l`;
  return Number(await answered(on, 'bastion-1', get));
}
