import { expect } from 'vitest';
import type { LabShell } from '../support/lab-host.ts';

/** A chart of one ConfigMap, installed, upgraded, rolled back and deleted by Helm 2 through Tiller. */
export async function chartByTiller(on: LabShell, cluster: string): Promise<void> {
  const env = `export HOME=/root KUBECONFIG=/var/lib/holdfast/${cluster}/kubeconfig`;
  const helm = (args: string) => on('bastion-1', `${env}; helm ${args}`);
  const color = () =>
    on('bastion-1', `${env}; kubectl -n default get configmap story -o jsonpath='{.data.color}'`);

  expect(await helm('version')).toMatch(/^Client: .*"v2\.17\.0".*\nServer: .*"v2\.17\.0"/);
  await on(
    'bastion-1',
    `rm -rf /run/story-chart; mkdir -p /run/story-chart/templates
printf 'apiVersion: v1\nname: story-chart\nversion: 1.0.0\n' > /run/story-chart/Chart.yaml
echo 'color: red' > /run/story-chart/values.yaml
printf 'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: story }\ndata: { color: "{{ .Values.color }}" }\n' > /run/story-chart/templates/story.yaml`,
  );
  await helm('install --name story --namespace default --wait /run/story-chart');
  expect(await color()).toBe('red');
  await helm('upgrade --set color=blue story /run/story-chart');
  expect(await color()).toBe('blue');
  await helm('rollback story 1');
  expect(await color()).toBe('red');
  expect(await helm('history story --max 9')).toMatch(/Rollback to 1/);
  await helm('delete --purge story');
  expect(await helm('list --short')).toBe('');
}
