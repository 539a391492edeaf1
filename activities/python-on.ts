import type { Host } from '../hosts/host.ts';
import { sh } from '../hosts/shell.ts';

/** Input over stdin, the program as an argument; the word behind it marks the process as ours. */
export async function pythonOn<Answer>(
  host: Host,
  program: string,
  mark: string,
  input: unknown,
  options: { readonly signal: AbortSignal; readonly timeout: number },
): Promise<Answer> {
  const { stdout } = await host.run(sh`python3 -c ${program} ${mark}`, {
    sudo: true,
    stdin: JSON.stringify(input),
    ...options,
  });
  return JSON.parse(stdout) as Answer;
}
