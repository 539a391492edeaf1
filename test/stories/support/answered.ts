import { until } from './holdfast.ts';
import type { LabShell } from './lab-host.ts';

interface Answer {
  readonly output?: string;
  readonly failure?: string;
}

/**
 * What a command on a host says once it ends well: a look that failed (a request over its time on a busy machine) says
 * nothing of what it looked at, neither that it is there nor that it is gone. Tried again for two minutes.
 */
export async function answered(on: LabShell, host: string, command: string): Promise<string> {
  const ask = (): Promise<Answer> =>
    on(host, `set -eu -o pipefail\n${command}`).then(
      (output) => ({ output }),
      (failure: unknown) => ({ failure: String(failure) }),
    );
  const { output } = await until(`${host} answers: ${command}`, 2, ask, ({ output }) => output !== undefined);
  return output as string;
}
