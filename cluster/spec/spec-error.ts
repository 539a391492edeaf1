/** One mistake in a spec file. Lines and columns count from 1. */
export interface SpecError {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  /** As in `hosts[2].address`; empty for the file as a whole. */
  readonly path: string;
  /** What is wrong, and what would be right. */
  readonly message: string;
}

export type Path = readonly (string | number)[];

/** One line a mistake: `FILE:LINE:COLUMN path: message`. */
export function formatSpecErrors(errors: readonly SpecError[]): string {
  return errors.map(formatSpecError).join('\n');
}

/** `hosts[2].address`. Keys that are no plain words stand in quotes: `labels["a.b/c"]`. */
export function formatPath(path: Path): string {
  return path.reduce<string>((text, part) => {
    if (typeof part === 'number') return `${text}[${part}]`;
    if (!/^[\w-]+$/.test(part)) return `${text}[${JSON.stringify(part.slice(0, 60))}]`;
    return text === '' ? part : `${text}.${part}`;
  }, '');
}

function formatSpecError({ file, line, column, path, message }: SpecError): string {
  return `${file}:${line}:${column}${path === '' ? '' : ` ${path}`}: ${message}`;
}
