import type { Temporal } from './connect.ts';
import { BadInput } from './exit.ts';
import { clusterAttribute } from '../workflows/contract.ts';

/** The cluster that a verb means: the one named, else the only one that Temporal knows. */
export async function clusterNamed(temporal: Temporal, named: string | undefined): Promise<string> {
  if (named) return named;
  const names = await clusters(temporal);
  if (names.length === 0) throw new BadInput('Temporal knows no cluster yet: holdfast up SPEC');
  if (names.length > 1) throw new BadInput(`which cluster? There are ${names.join(', ')}`);
  return names[0] as string;
}

/** Names of all clusters that Temporal has a change or the failover of, sorted. */
export async function clusters({ client }: Temporal): Promise<readonly string[]> {
  const names = new Set<string>();
  for await (const run of client.workflow.list({ query: `WorkflowType IN ('bringUp', 'failover')` })) {
    const name = run.typedSearchAttributes.get(clusterAttribute);
    if (name) names.add(name);
  }
  return [...names].sort();
}
