import { condition } from '@temporalio/workflow';

export { drill } from '../../workflows/index.ts';

/** Stands in failover's place, and only listens. (A workflow that no worker runs would stop the server's time.) */
export async function listener(): Promise<void> {
  await condition(() => false);
}
