import { WorkflowNotFoundError } from '@temporalio/common';
import { drillId } from '../../workflows/contract.ts';
import type { Temporal } from '../connect.ts';
import { BadInput } from '../exit.ts';

/** Exit code 2 while something is broken on purpose: its healing, or its timer, would meet the change. */
export async function refuseWhileDrilled(temporal: Temporal, cluster: string): Promise<void> {
  if (await isOpen(temporal.client.workflow.getHandle(drillId(cluster))))
    throw new BadInput(`${drillUnderWay(temporal, cluster)}\nNothing was started.`);
}

export function drillUnderWay(temporal: Temporal, cluster: string): string {
  return `${cluster}: a drill is under way: ${temporal.link(drillId(cluster))}; put all back with: holdfast drill ${cluster} --stop`;
}

export async function isOpen(handle: {
  describe(): Promise<{ status: { name: string } }>;
}): Promise<boolean> {
  try {
    return (await handle.describe()).status.name === 'RUNNING';
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return false;
    throw error;
  }
}
