import { expect, test } from 'vitest';
import { drillFolder } from '../../activities/drill/marks.ts';
import { proberJob } from '../../activities/drill/prober.ts';
import { restoreUnit } from '../../activities/drill/restore-unit.ts';
import { jobName } from '../../activities/playbook-run.ts';
import { jobsOf } from '../../activities/jobs-of.ts';
import { restorePaths } from '../../activities/restore/paths.ts';

// Run ids as Temporal gave them, 33 s apart: the first twelve digits are the time.
const changes = ['01a225b8-387b-71ff-890f-8472f5b0d15c', '01a225b8-b954-7207-a8e6-63a63d594665'];
const job = (change: string) => jobName('run-kubespray', { cluster: 'demo', change, job: 1 });

test('nothing that two changes of the same minute put on hosts has one name', () => {
  const [first = [], second = []] = changes.map((change) => [
    job(change),
    proberJob('demo', change),
    restoreUnit('demo', change),
    drillFolder('demo', change),
    ...Object.values(restorePaths({ cluster: 'demo', change })),
  ]);
  expect(first.filter((name) => second.includes(name))).toEqual([]);
});

test('whose a running job is can be read off its unit', () => {
  expect(jobsOf('demo', `${job(changes[1] ?? '')}.service loaded active running x`)).toEqual([
    { unit: 'holdfast-demo-run-kubespray-3d594665-1', change: '3d594665' },
  ]);
});
