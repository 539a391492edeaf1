import { looks, outagesOf } from './outage.ts';
import type { Look } from './outage.ts';
import type { ProbeLog } from './probe-log.ts';
import type { ReportInput } from './report.ts';
import { spanOf } from './span.ts';
import type { Span } from './span.ts';
import { axis, labelled, px, xml } from './svg-parts.ts';

const left = 230;
const plot = 960;
const row = 18;
const colors: Readonly<Record<Look, string>> = {
  none: '#e4e4e7',
  good: '#86c98f',
  mixed: '#f0a35e',
  bad: '#d1343b',
};

/** A picture of the outage: a strip for each client and kind, over the whole time and again close to the fault. */
export function outageSvg(input: ReportInput): string {
  const whole = spanOf(input);
  const close = closeTo(input, whole);
  const panels = [whole, ...(close ? [close] : [])].reduce<{ svg: string[]; y: number }>(
    ({ svg, y }, span, i) => {
      const drawn = panel(input, span, y, i === 0 ? 'the whole time' : 'close to the fault');
      return { svg: [...svg, ...drawn.svg], y: drawn.bottom + 24 };
    },
    { svg: [], y: 44 },
  );
  const height = panels.y + 16;
  const width = left + plot + 24;
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="12" fill="#27272a">
<rect width="${width}" height="${height}" fill="#ffffff"/>
<text x="12" y="22" font-size="15" font-weight="bold">${xml(`${input.story}: ${input.what}`)}</text>
${panels.svg.join('\n')}
${legend(height - 14)}
</svg>
`;
}

/** Undefined where the outage fills much of the picture anyway. */
function closeTo({ logs, marks }: ReportInput, whole: Span): Span | undefined {
  const last = logs.flatMap((log) => outagesOf(log, marks).map(({ fault }) => fault.last ?? 0));
  const after = Math.max(1000, ...last.map((seconds) => seconds * 1500));
  const span = {
    from: Math.max(whole.from, marks.fault - 1000),
    to: Math.min(whole.to, marks.fault + after),
  };
  return span.to - span.from < (whole.to - whole.from) / 2 ? span : undefined;
}

function panel(input: ReportInput, span: Span, top: number, title: string) {
  const { logs, marks, events } = input;
  const x = (at: number) => left + ((at - span.from) / (span.to - span.from || 1)) * plot;
  const labels = labelled(
    [
      { at: marks.fault, what: 'fault', color: '#d1343b' },
      ...(marks.restored === undefined ? [] : [{ at: marks.restored, what: 'put back', color: '#2563eb' }]),
      ...events.map(({ at, what }) => ({ at, what, color: '#52525b' })),
    ]
      .filter(({ at }) => at >= span.from && at <= span.to)
      .map(({ at, what, color }) => ({ x: x(at), what, color })),
  );
  const lines = Math.max(1, ...labels.map(({ line }) => line + 1));
  const above = top + lines * 14;
  const rows = logs.flatMap((log) => log.streams.map((stream, number) => ({ log, stream, number })));
  const bottom = above + 6 + rows.length * row;
  const svg = [
    `<text x="12" y="${above - 4}" fill="#71717a">${title}</text>`,
    ...rows.flatMap(({ log, stream, number }, i) => {
      const y = above + 4 + i * row;
      const label = `${log.client} · ${stream.address} · ${stream.kind}`;
      return [
        `<text x="${left - 8}" y="${y + 12}" text-anchor="end">${xml(label)}</text>`,
        ...strip(log, number, span, x, y),
        ...stalls(log, span, x, y),
      ];
    }),
    ...axis(span, marks.fault, x, bottom),
    ...labels.map(({ x: at, what, color, line }) => {
      const y = above - 4 - line * 14;
      return `<line x1="${px(at)}" x2="${px(at)}" y1="${y + 2}" y2="${bottom}" stroke="${color}" stroke-width="1.5"/><text x="${px(at + 3)}" y="${y}" fill="${color}">${xml(what)}</text>`;
    }),
  ];
  return { svg, bottom: bottom + 18 };
}

/** Neighbours that look alike are one rectangle: minutes of tries stay a small file. */
function strip(log: ProbeLog, stream: number, span: Span, x: (at: number) => number, y: number): string[] {
  // Finer than a pixel nothing is seen, and the file stays small however often they differ.
  const width = Math.max(log.every * 1000, (span.to - span.from) / plot);
  const runs: { look: Look; from: number; to: number }[] = [];
  for (const [i, look] of looks(log, stream, { ...span, width }).entries()) {
    const last = runs.at(-1);
    if (last?.look === look) last.to = i + 1;
    else runs.push({ look, from: i, to: i + 1 });
  }
  return runs.map(({ look, from, to }) => {
    const [start, end] = [x(span.from + from * width), x(Math.min(span.to, span.from + to * width))];
    return `<rect x="${px(start)}" y="${y}" width="${px(end - start)}" height="${row - 4}" fill="${colors[look]}"/>`;
  });
}

function stalls(log: ProbeLog, span: Span, x: (at: number) => number, y: number): string[] {
  return log.stalls
    .filter(({ at, ms }) => at + ms >= span.from && at <= span.to)
    .map(({ at, ms }) => {
      const [start, end] = [x(Math.max(span.from, at)), x(Math.min(span.to, at + ms))];
      return `<rect x="${px(start)}" y="${y + row - 5}" width="${px(Math.max(1, end - start))}" height="3" fill="#18181b"><title>the prober stood still for ${Math.round(ms)} ms</title></rect>`;
    });
}

function legend(y: number): string {
  const items = [
    ['answered', colors.good],
    ['some failed', colors.mixed],
    ['failed', colors.bad],
    ['not tried', colors.none],
    ['the prober stood still', '#18181b'],
  ] as const;
  return items
    .map(
      ([text, color], i) =>
        `<rect x="${left + i * 130}" y="${y - 9}" width="10" height="10" fill="${color}"/><text x="${left + i * 130 + 15}" y="${y}">${text}</text>`,
    )
    .join('');
}
