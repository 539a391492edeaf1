import type { ReportInput } from './report.ts';

/** A stretch of time, in ms since 1970. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

/** From the first try to the end of the last, of all clients. */
export function spanOf({ logs, marks }: Pick<ReportInput, 'logs' | 'marks'>): Span {
  let [from, to] = [marks.fault, marks.restored ?? marks.fault];
  for (const { tries } of logs)
    for (const { at, ms } of tries) {
      from = Math.min(from, at);
      to = Math.max(to, at + ms);
    }
  return { from, to };
}
