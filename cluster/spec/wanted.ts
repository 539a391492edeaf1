import { z } from 'zod';

/** A value as an error shows it: short, on one line. */
export function shown(value: unknown): string {
  if (value !== null && typeof value === 'object') return Array.isArray(value) ? 'a list' : 'a mapping';
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 60 ? `${text.slice(0, 57)}…"` : text;
}

/** zod's `error` option for a value of which `right` says what would be right. */
export function wanted(right: string) {
  return {
    error: ({ input }: { input?: unknown }) =>
      input === undefined ? `missing; wanted: ${right}` : `got ${shown(input)}; wanted: ${right}`,
  };
}

/** Text of a shape; `right` says it in words. */
export function text(pattern: RegExp, right: string) {
  return z.string(wanted(right)).regex(pattern, { ...wanted(right), abort: true });
}

export function whole(minimum: number, maximum: number, right: string) {
  const says = wanted(`${right}, ${minimum} to ${maximum}`);
  const last = { ...says, abort: true };
  return z.number(says).int(last).min(minimum, last).max(maximum, last);
}

export function flag(right = 'true or false') {
  return z.boolean(wanted(right));
}

export function oneOf<const Words extends readonly [string, ...string[]]>(words: Words) {
  return z.enum(words, wanted(words.map((word) => `"${word}"`).join(' or ')));
}

/** A mapping in which every key is known. */
export function mapping<Shape extends z.ZodRawShape>(shape: Shape, right = 'a mapping') {
  return z.strictObject(shape, wanted(`${right} with the keys ${Object.keys(shape).join(', ')}`));
}

export function list<Item extends z.ZodType>(item: Item, right: string) {
  return z.array(item, wanted(`a list of ${right}`));
}
