import { type PythonRange, isPythonIn } from '../cluster/versions.ts';
import type { Host } from '../hosts/host.ts';
import { sh } from '../hosts/shell.ts';

export interface FoundPython {
  readonly command: string;
  readonly version: string;
}

/** The Pythons of the host that have these modules, the newest first, and python3 last. */
export async function pythonsOn(
  host: Host,
  modules: readonly string[],
  signal: AbortSignal,
): Promise<readonly FoundPython[]> {
  const ask = `import ${[...modules, 'platform', 'sys'].join(', ')}; print(sys.executable, platform.python_version())`;
  const { stdout } = await host.run(
    sh`for python in python3.13 python3.12 python3.11 python3.10 python3; do $python -c ${ask} 2>/dev/null; done; exit 0`,
    { signal },
  );
  return stdout
    .split('\n')
    .map((line) => line.split(' '))
    .flatMap(([command, version]) => (command && version ? [{ command, version }] : []));
}

/** The first that lies in the range. */
export function pythonIn(
  found: readonly FoundPython[],
  range: PythonRange | undefined,
): FoundPython | undefined {
  return found.find(({ version }) => isPythonIn(version, range));
}

/** "3.11 to 3.13" */
export function spanOf({ oldest, newest }: PythonRange): string {
  return `3.${oldest} to 3.${newest}`;
}

/** "3.10.12, 3.9.18", or that there is none. */
export function versionsOf(found: readonly FoundPython[]): string {
  return [...new Set(found.map(({ version }) => version))].join(', ') || 'none';
}
