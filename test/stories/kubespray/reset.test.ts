import { afterAll, beforeAll, expect, it } from 'vitest';
import { addRun } from '../../../bench/availability/results.ts';
import { type StoryLab, storyLab } from '../support/story-lab.ts';

let lab: StoryLab;
beforeAll(async () => void (lab = await storyLab()));
afterAll(() => lab.close());

it('is taken down by the real Kubespray’s reset.yml, and nothing of it is left on any host', async () => {
  const start = Date.now();
  const { code, stdout, stderr } = await lab.holdfast.run(['reset', lab.name, '--yes'], 60);
  expect(code, stdout.slice(-4000) + stderr.slice(-2000)).toBe(0);
  const seconds = (Date.now() - start) / 1000;
  addRun({ story: 'kubespray-reset', at: new Date().toISOString(), commit: '', figures: { seconds } });
  for (const { name, roles } of lab.cluster.hosts) {
    if (!roles.some((role) => role === 'control-plane' || role === 'worker' || role === 'etcd')) continue;
    expect(await lab.on(name, 'systemctl is-active kubelet etcd containerd || true'), name).not.toMatch(
      /^active/m,
    );
  }
});
