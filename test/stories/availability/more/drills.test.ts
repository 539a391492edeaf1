import { mkdtemp, readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hostsWithRole } from '../../../../cluster/cluster.ts';
import type { DrillStory } from '../../../../cluster/drill/stories.ts';
import type { DrillStatus } from '../../../../cluster/drill/status.ts';
import { until } from '../../support/holdfast.ts';
import { expectMastersBack, failoverOf, forget, noteBefore } from '../../support/promotion.ts';
import { type StoryLab, poweredOn, settled, storyFolder, storyLab } from '../../support/story-lab.ts';
import { demoted } from '../../support/way-back.ts';
import { killWorker } from '../../support/worker-process.ts';

/** What is broken on purpose is put back: by the drill, and where the drill is gone by the hosts themselves. */
describe('a drill on hosts', () => {
  let lab: StoryLab;
  beforeAll(async () => void (lab = await storyLab()));
  afterAll(() => lab.close());

  it.each(['master', 'frozen-master', 'load-balancer', 'etcd'] as const)(
    '%s: reports what clients noticed, and leaves all as it was',
    async (story) => {
      const folder = await mkdtemp(join(storyFolder, `drill-${story}-`));
      await watched(lab);
      const { code, stdout, stderr } = await drill(lab, story, folder).finally(() => poweredOn(lab));
      expect({ code, stderr }).toMatchObject({ code: 0 });
      const { state, hosts, problems, report } = JSON.parse(stdout) as DrillStatus;
      expect({ state, problems, hosts: hosts.length }).toEqual({ state: 'done', problems: [], hosts: 1 });
      console.log(await readFile(join(folder, 'report.md'), 'utf8'));
      expect((await readdir(folder)).toSorted()).toEqual(['report.json', 'report.md', 'report.svg']);
      expect(report?.outages.length).toBeGreaterThan(0);
      await settled(lab);
      await expectNothingLeft(lab, hosts);
      expect((await failoverOf(lab))?.promoted).toEqual([]);
    },
    15 * 60_000,
  );

  it(
    'all-masters: a worker node is promoted, and masters that were only cut off are nodes again',
    async () => {
      const masters = hostsWithRole(lab.cluster, 'control-plane').map(({ name }) => name);
      const before = await noteBefore(lab, lab.cluster.failover.candidates);
      const folder = await mkdtemp(join(storyFolder, 'drill-all-masters-'));
      await watched(lab);
      const { code, stderr } = await drill(lab, 'all-masters', folder).finally(() => poweredOn(lab));
      console.log(await readFile(join(folder, 'report.md'), 'utf8'));
      expect({ code, stderr }).toMatchObject({ code: 0 });
      expect((await failoverOf(lab))?.promoted).toHaveLength(1);
      await expectMastersBack(lab, masters, before);
      await forget(lab);
      await settled(lab);
      await expectNothingLeft(lab, masters);
      await demoted(lab);
    },
    25 * 60_000,
  );

  it('whose worker is killed while it is broken is put back by the hosts’ own timers, and ends once a worker is back', async () => {
    const folder = await mkdtemp(join(storyFolder, 'drill-killed-'));
    await watched(lab);
    const { holdfast, name } = lab;
    const { child, ended } = holdfast.start([...words(name, 'load-balancer', folder), '--seconds', '15']);
    let said = '';
    child.stderr?.on('data', (data: Buffer) => (said += data.toString()));
    await until(
      'it is broken',
      3,
      () => Promise.resolve(said),
      (text) => text.includes('back by itself'),
    );
    await killWorker(holdfast);
    const [host] = await until(
      'a load balancer stands still',
      1,
      () => stillOf(lab),
      (hosts) => hosts.length === 1,
    );
    await until(
      'the host has put itself back',
      4,
      () => stillOf(lab),
      (hosts) => hosts.length === 0,
    );
    expect(await holdfast.run(['dev'], 2)).toMatchObject({ code: 0 });
    const { code, stdout } = await ended;
    expect({ code, hosts: (JSON.parse(stdout) as DrillStatus).hosts }).toMatchObject({ hosts: [host] });
    await settled(lab);
    await expectNothingLeft(lab, host === undefined ? [] : [host]);
  });
});

const words = (cluster: string, story: DrillStory, folder: string) => [
  ...['drill', cluster, '--story', story, '--yes', '--json', '--report', folder],
];

const drill = ({ holdfast, name }: StoryLab, story: DrillStory, folder: string) =>
  holdfast.run(words(name, story, folder), 12);

/** A drill begins on a cluster that is well; the one before it has only just ended. */
function watched(lab: StoryLab) {
  return until(
    'failover watches a cluster that is well',
    5,
    () => failoverOf(lab),
    (status) => status?.state === 'watching' && status.waitingFor === undefined,
  );
}

/** Load balancers whose haproxy is stopped by a signal. */
async function stillOf({ on }: StoryLab): Promise<string[]> {
  const each = await Promise.all(
    ['lb-1', 'lb-2'].map(async (host) => {
      const states = await on(host, `ps -o stat= -C haproxy || true`);
      return /^T/m.test(states) ? [host] : [];
    }),
  );
  return each.flat();
}

async function expectNothingLeft({ on }: StoryLab, hosts: readonly string[]): Promise<void> {
  for (const host of hosts) {
    expect(await on(host, `systemctl list-timers --all --no-legend 'holdfast-*-drill-*' | wc -l`)).toBe('0');
    expect(await on(host, 'ip rule | grep -c blackhole || true')).toBe('0');
    expect(await on(host, 'ps -eo stat= | grep -c ^T || true')).toBe('0');
  }
}
