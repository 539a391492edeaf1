/** One contestant's rounds; seconds. */
export interface Timed {
  readonly name: string;
  readonly first: readonly number[];
  readonly second: readonly number[];
  /** Processor time of the controlling machine, of one first run. */
  readonly cpu: readonly number[];
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const [low = NaN, high = NaN] =
    sorted.length % 2 ? [sorted[middle], sorted[middle]] : sorted.slice(middle - 1);
  return (low + high) / 2;
}

/** Medians in seconds, each with its ratio to the first contestant's: a Markdown table. */
export function table(contestants: readonly Timed[]): string {
  const [base] = contestants;
  const cell = (own: readonly number[], of: readonly number[] = []): string =>
    `${median(own).toFixed(2)} s | ${(median(own) / median(of)).toFixed(1)}`;
  return [
    '| | first run | ratio | second run | ratio | CPU | ratio |',
    '|---|---|---|---|---|---|---|',
    ...contestants.map(
      ({ name, first, second, cpu }) =>
        `| ${name} | ${cell(first, base?.first)} | ${cell(second, base?.second)} | ${cell(cpu, base?.cpu)} |`,
    ),
  ].join('\n');
}
