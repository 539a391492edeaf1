import { readFileSync } from 'node:fs';
import type { Cluster } from '../../cluster/cluster.ts';
import { formatSpecErrors, parseSpec } from '../../cluster/spec/index.ts';

export function exampleText(name: 'twelve-hosts' | 'small'): string {
  return readFileSync(new URL(`../../examples/${name}.yaml`, import.meta.url), 'utf8');
}

export function exampleCluster(name: 'twelve-hosts' | 'small'): Cluster {
  return clusterOf(exampleText(name));
}

/** The Cluster of a spec that must be sound. */
export function clusterOf(text: string): Cluster {
  const parsed = parseSpec(text, 'spec.yaml');
  if ('errors' in parsed) throw new Error(formatSpecErrors(parsed.errors));
  return parsed.cluster;
}

/** The mistakes of a text, one line each, as `validate` prints them. */
export function mistakesOf(text: string): string[] {
  const parsed = parseSpec(text, 'spec.yaml');
  return 'errors' in parsed ? formatSpecErrors(parsed.errors).split('\n') : [];
}
