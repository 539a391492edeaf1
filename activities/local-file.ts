import { HostError } from '../hosts/errors.ts';
import type { Deps } from './step.ts';

/** A file on the worker's machine that the spec names. One line end at its end is none of its content. */
export async function readLocalText(
  path: string,
  host: string,
  { readLocalFile }: Pick<Deps, 'readLocalFile'>,
): Promise<string> {
  try {
    return (await readLocalFile(path)).toString().replace(/\r?\n$/, '');
  } catch (error) {
    const why = (error as NodeJS.ErrnoException).code ?? 'cannot be read';
    throw new HostError('LocalFileUnreadable', host, `${path} on the worker's machine: ${why}`, {
      next: 'Put the file where the spec says, readable by the worker.',
    });
  }
}
