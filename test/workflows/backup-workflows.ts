import { condition, defineQuery, defineSignal, setHandler } from '@temporalio/workflow';
import type { BackupHealth } from '../../cluster/failover/status.ts';

export { backup } from '../../workflows/backup.ts';

/** Stands in for the failover workflow: keeps what it was told. */
export async function listener(): Promise<void> {
  const heard: BackupHealth[] = [];
  setHandler(defineSignal<[BackupHealth]>('backupHealth'), (health) => void heard.push(health));
  setHandler(defineQuery('heard'), () => heard);
  await condition(() => false);
}
