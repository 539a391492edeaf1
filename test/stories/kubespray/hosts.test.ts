import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { addRun } from '../../../bench/availability/results.ts';
import { kubectl } from '../support/promotion.ts';
import { type StoryLab, storyFolder, storyLab } from '../support/story-lab.ts';
import { withoutHost } from '../support/without-host.ts';
import { played } from './played.ts';

let lab: StoryLab;
beforeAll(async () => void (lab = await storyLab()));
afterAll(() => lab.close());

/** Runs a verb to its end, as a person would. Seconds. */
async function took(...args: readonly string[]): Promise<number> {
  const start = Date.now();
  const { code, stdout, stderr } = await lab.holdfast.run(args, 60);
  expect(code, stdout.slice(-4000) + stderr.slice(-2000)).toBe(0);
  return (Date.now() - start) / 1000;
}
const note = (story: string, figures: Readonly<Record<string, number>>) =>
  addRun({ story: `kubespray-${story}`, at: new Date().toISOString(), commit: '', figures });
const readyNodes = async () =>
  (await lab.on('bastion-1', `${kubectl(lab.name)} get nodes --no-headers`))
    .split('\n')
    .filter((line) => / Ready /.test(line))
    .map((line) => line.split(' ')[0]);

describe('the real Kubespray, unpatched', () => {
  it('brought twelve hosts up, and cost holdfast at most three in a hundred of its time', async () => {
    const run = await played(lab);
    console.log(run.recap);
    note('up', run.figures);
    expect(run.figures.tasks).toBeGreaterThan(300);
    expect(run.figures.overhead + run.figures.callback).toBeLessThan(0.03);
    expect(run.figures.cpu).toBeLessThan(0.03);
    expect(await readyNodes()).toHaveLength(6);
  });

  it('is not run again by a second up, which changes nothing', async () => {
    note('up-again', { seconds: await took('up', lab.spec) });
    const steps = (await lab.holdfast.status(lab.name))?.steps ?? [];
    expect(steps.find(({ step }) => step === 'run-kubespray')?.state).toBe('already-so');
  });

  it('removes a worker node by remove-node.yml, and adds it again by scale.yml', async () => {
    const smaller = await withoutHost(lab.spec, 'worker-3', join(storyFolder, 'smaller.yaml'));
    note('remove', { seconds: await took('host', 'remove', smaller, '--yes') });
    expect(await readyNodes()).not.toContain('worker-3');
    note('add', { seconds: await took('host', 'add', lab.spec) });
    expect(await readyNodes()).toContain('worker-3');
  });

  it('converges when cluster.yml is run again on what scale.yml has left', async () => {
    await lab.on('bastion-1', `rm -f /var/lib/holdfast/${lab.name}/last-success.json`);
    note('converge', { seconds: await took('up', lab.spec) });
    expect(await readyNodes()).toHaveLength(6);
  });
});
