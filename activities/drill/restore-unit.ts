import { changeMark } from '../../cluster/workflow-ids.ts';

/** The unit with which a host puts itself back, whatever becomes of the drill. One a drill. */
export function restoreUnit(cluster: string, change: string): string {
  return `holdfast-${cluster}-drill-${changeMark(change)}`;
}
