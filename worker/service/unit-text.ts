/** One word of a unit's command line: systemd reads quotes, % and $ in it. */
export function word(text: string): string {
  if (/[\p{Cc}]/u.test(text)) throw new Error(`a unit cannot hold ${JSON.stringify(text)}`);
  const escaped = text.replaceAll('%', '%%').replaceAll('$', '$$$$');
  return /^[\w%$./:=,@+-]+$/.test(escaped) ? escaped : `"${escaped.replaceAll(/["\\]/g, '\\$&')}"`;
}

export const commandLine = (words: readonly string[]): string => words.map(word).join(' ');

export type Section = readonly [name: string, lines: readonly string[]];

export function unitText(sections: readonly Section[]): string {
  return sections.map(([name, lines]) => `[${name}]\n${lines.join('\n')}\n`).join('\n');
}
