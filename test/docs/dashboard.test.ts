import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { load } from 'js-yaml';
import { expect, test } from 'vitest';
import { metrics } from '../../cluster/metrics.ts';

const read = (path: string): Promise<string> => readFile(join(import.meta.dirname, '..', '..', path), 'utf8');

/** Of those that the SDK's own endpoint serves, read off a worker of SDK 1.24.0. */
const temporals = [
  'temporal_activity_execution_failed',
  'temporal_long_request_failure',
  'temporal_num_pollers',
  'temporal_request_failure',
  'temporal_worker_task_slots_used',
  'temporal_workflow_task_execution_failed',
];

interface Panel {
  readonly title: string;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly targets: readonly { readonly expr: string }[];
}
const dashboard = JSON.parse(await read('examples/grafana-dashboard.json')) as {
  readonly panels: readonly Panel[];
};
const rules = load(await read('examples/prometheus-alerts.yaml')) as {
  readonly groups: readonly {
    readonly rules: readonly { readonly alert: string; readonly expr: string }[];
  }[];
};

const named = (expressions: readonly string[]): readonly string[] => [
  ...new Set(expressions.flatMap((text) => text.match(/\b(holdfast|temporal)_[a-z_]+/g) ?? [])),
];
const shown = named(dashboard.panels.flatMap(({ targets }) => targets.map(({ expr }) => expr)));
const watched = named(rules.groups.flatMap((group) => group.rules.map(({ expr }) => expr)));

test('dashboard and alerts ask for metrics that there are', () => {
  const known = [...Object.keys(metrics), ...temporals];
  for (const name of [...shown, ...watched]) expect(known).toContain(name);
});

test('every metric of holdfast’s own is shown or watched, or says something of another', () => {
  const beside = ['holdfast_change_open', 'holdfast_change_answers'];
  expect([...new Set([...shown, ...watched, ...beside])]).toEqual(
    expect.arrayContaining(Object.keys(metrics)),
  );
});

test('no panel lies over another, and each has its title', () => {
  const taken = new Set<string>();
  for (const { title, gridPos } of dashboard.panels) {
    expect(title).not.toBe('');
    expect(gridPos.x + gridPos.w).toBeLessThanOrEqual(24);
    for (let x = gridPos.x; x < gridPos.x + gridPos.w; x += 1)
      for (let y = gridPos.y; y < gridPos.y + gridPos.h; y += 1) {
        expect(taken.has(`${x},${y}`), `${title} at ${x},${y}`).toBe(false);
        taken.add(`${x},${y}`);
      }
  }
});

test('brackets of every query are closed', () => {
  for (const expr of dashboard.panels.flatMap(({ targets }) => targets.map((target) => target.expr)))
    for (const pair of ['()', '{}', '[]'])
      expect(expr.split(pair[0] as string).length, expr).toBe(expr.split(pair[1] as string).length);
});

test('docs/production.md explains every metric of holdfast’s own', async () => {
  const docs = await read('docs/production.md');
  for (const name of Object.keys(metrics)) expect(docs).toContain(`\`${name}\``);
});
