/** A command line for a POSIX shell in which everything interpolated is quoted. The one place where quoting is done. */
export interface ShellCommand {
  readonly text: string;
  readonly [brand]: true;
}
declare const brand: unique symbol;

/** sh`test -f ${path}`: strings and numbers become one quoted word, arrays several, ShellCommands stand as they are. */
export function sh(parts: TemplateStringsArray, ...values: readonly ShellValue[]): ShellCommand {
  // An escape that JavaScript does not know (\033, \d) leaves the part undefined: a command that is not the one meant.
  if ((parts as readonly (string | undefined)[]).includes(undefined))
    throw new TypeError(`a command holds an escape that must be doubled: ${parts.raw.join('…')}`);
  const text = parts.reduce(
    (line, part, i) => line + part + (i < values.length ? render(values[i] as ShellValue) : ''),
    '',
  );
  return { text } as ShellCommand;
}

export type ShellValue = string | number | readonly string[] | ShellCommand;

function render(value: ShellValue): string {
  if (typeof value === 'object' && 'text' in value) return value.text;
  return (Array.isArray(value) ? (value as string[]) : [String(value as string)]).map(quote).join(' ');
}

/** One word for a POSIX shell. NUL cannot be carried and is refused. */
export function quote(word: string): string {
  if (word.includes('\0')) throw new TypeError('a NUL byte cannot stand in a command');
  return /^[A-Za-z0-9_./:=@%+,-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
