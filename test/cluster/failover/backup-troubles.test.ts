import { expect, test } from 'vitest';
import { backupTroubles } from '../../../cluster/failover/backup-troubles.ts';
import { exampleCluster } from '../example.ts';

const cluster = exampleCluster('twelve-hosts');
const newest = '2026-11-25T00:00:00.000Z';
const hoursLater = (hours: number) => Date.parse(newest) + hours * 3_600_000;
const troubles = (health: Parameters<typeof backupTroubles>[0], hours = 1) =>
  backupTroubles(health, cluster, hoursLater(hours));

test('backups that are well, or were never heard of, are no trouble', () => {
  expect(cluster.backup.everyHours).toBe(6);
  expect(troubles(undefined, 1000)).toEqual([]);
  expect(troubles({}, 1000)).toEqual([]);
  expect(troubles({ newest }, 13)).toEqual([]);
});

test('what their workflow says is told in its words', () => {
  expect(troubles({ newest, problem: 'it cannot be opened' })).toEqual(['backups: it cannot be opened']);
});

test('a workflow that says nothing any more is noticed after twice the interval', () => {
  const late = troubles({ newest }, 13.1);
  expect(late).toEqual([expect.stringContaining('the newest is of 2026-11-25T00:00:00.000Z')]);
  // The same words for as long as it lasts: a person is told once.
  expect(troubles({ newest }, 400)).toEqual(late);
});
