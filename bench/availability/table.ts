import type { Promised } from './bounds.ts';
import { type Figure, type Run, type Verdict, judge } from './judge.ts';

/** The table of docs/availability.md: what is promised, and what was measured. */
export function availabilityTable(promised: readonly Promised[], runs: readonly Run[]): string {
  const rows = promised.map((one) => {
    const verdict = judge(one, runs);
    const shown = verdict.figures.filter(
      ({ name, bound }) => bound !== undefined || one.shown?.includes(name),
    );
    return [
      one.what,
      boundsOf(one),
      ...(['median', 'worst'] as const).map((which) =>
        verdict.runs === 0 ? '–' : shown.map((figure) => told(figure, which)).join(', ') || '–',
      ),
      verdict.setAside === 0 ? String(verdict.runs) : `${verdict.runs} (and ${verdict.setAside} set aside)`,
      holds(verdict),
    ];
  });
  const head = ['what is broken', 'bound (s)', 'median (s)', 'worst (s)', 'runs', 'holds'];
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

/** A bound is one of four runs in five, so fewer show only that it does not hold. */
function holds({ runs, broken }: Verdict): string {
  if (runs === 0) return '–';
  if (broken.length > 0) return '**no**';
  return runs < 5 ? 'too few runs' : 'yes';
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
