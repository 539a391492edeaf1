import type { Promised } from './bounds.ts';
import { type Figure, type Run, judge } from './judge.ts';

/** The table of docs/availability.md: what is promised, and what was measured. */
export function availabilityTable(promised: readonly Promised[], runs: readonly Run[]): string {
  const rows = promised.map((one) => {
    const verdict = judge(one, runs);
    if (verdict.runs === 0) return [one.what, boundsOf(one), '–', '–', '0', '–'];
    const shown = verdict.figures.filter(({ name, bound }) => bound !== undefined || name in one.bounds);
    return [
      one.what,
      boundsOf(one),
      shown.map((figure) => told(figure, 'median')).join(', ') || '–',
      shown.map((figure) => told(figure, 'worst')).join(', ') || '–',
      verdict.setAside === 0 ? String(verdict.runs) : `${verdict.runs} (and ${verdict.setAside} set aside)`,
      verdict.broken.length === 0 ? 'yes' : '**no**',
    ];
  });
  const head = ['what is broken', 'bound (s)', 'median (s)', 'worst (s)', 'runs', 'holds'];
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

function boundsOf({ bounds }: Promised): string {
  return (
    Object.entries(bounds)
      .map(([name, bound]) => `${name} ${bound}`)
      .join(', ') || '–'
  );
}

const told = (figure: Figure, which: 'median' | 'worst'): string =>
  `${figure.name} ${figure[which].toFixed(2)}`;
