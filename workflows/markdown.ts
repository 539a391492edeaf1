/** Temporal's limit for current details, bytes. */
const limit = 20_000;

/** Whole parts only: half a table does not render. */
export function joinWithin(parts: readonly string[]): string {
  let text = '';
  for (const part of parts) {
    const longer = text ? `${text}\n\n${part}` : part;
    if (utf8Length(longer) > limit) return text;
    text = longer;
  }
  return text;
}

function utf8Length(text: string): number {
  let bytes = 0;
  for (const char of text) {
    const code = char.codePointAt(0) ?? 0;
    bytes += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
  }
  return bytes;
}

export const fence = (text: string): string => '```\n' + text.replaceAll('```', "'''") + '\n```';
