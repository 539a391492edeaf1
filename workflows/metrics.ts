import { metricMeter } from '@temporalio/workflow';
import { metrics, type PromotionOutcome } from '../cluster/metrics.ts';

/** Counted once, when it happens: a replay counts nothing, and no command of a workflow comes of it. */
export function countPromotion(cluster: string, outcome: PromotionOutcome): void {
  const name = 'holdfast_promotions_total';
  metricMeter.createCounter(name, undefined, metrics[name]).add(1, { cluster, outcome });
}
