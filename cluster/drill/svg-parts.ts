import type { Span } from './span.ts';

export interface Label {
  readonly x: number;
  readonly what: string;
  readonly color: string;
}

/** Each on the lowest line where it does not run into the one before it. */
export function labelled(labels: readonly Label[]): (Label & { readonly line: number })[] {
  const ends: number[] = [];
  return [...labels]
    .sort((a, b) => a.x - b.x)
    .map((label) => {
      const free = ends.findIndex((end) => end <= label.x);
      const line = free < 0 ? ends.length : free;
      ends[line] = label.x + 12 + label.what.length * 7;
      return { ...label, line };
    });
}

/** Seconds since `zero`, at whole steps. */
export function axis(span: Span, zero: number, x: (at: number) => number, y: number): string[] {
  const seconds = (span.to - span.from) / 1000;
  const step = [0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 120, 300, 600].find((one) => seconds / one <= 14) ?? 1800;
  const first = Math.ceil((span.from - zero) / 1000 / step);
  const last = Math.floor((span.to - zero) / 1000 / step);
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, i) => (first + i) * step).map((at) => {
    const text = `${step < 1 ? at.toFixed(1) : at} s`;
    return `<text x="${px(x(zero + at * 1000))}" y="${y + 14}" text-anchor="middle" fill="#71717a">${text}</text>`;
  });
}

/** A coordinate: a tenth of a pixel is enough. */
export const px = (value: number): string => String(Math.round(value * 10) / 10);
export const xml = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
