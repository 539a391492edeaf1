import type { Host } from '../hosts/host.ts';
import type { ShellCommand } from '../hosts/shell.ts';
import { sh } from '../hosts/shell.ts';

export interface TestedFile {
  readonly path: string;
  readonly content: string;
  /** What the test is shown: the content, or as much of it as the program can test. */
  readonly tested: string;
  readonly test: (path: string) => ShellCommand;
}

/** Puts a configuration in place, but only one that the program itself, on that host, finds right. */
export async function installTested(
  host: Host,
  { path, content, tested, test }: TestedFile,
  signal: AbortSignal,
): Promise<{ changed: boolean }> {
  if ((await host.readFile(path, { sudo: true, signal }))?.toString() !== content) {
    const candidate = `${path}.holdfast-candidate`;
    await host.writeFile({ path: candidate, content: tested, mode: 0o644, sudo: true, signal });
    try {
      await host.run(test(candidate), { sudo: true, signal });
    } finally {
      await host.run(sh`rm -f -- ${candidate}`, { sudo: true });
    }
  }
  return host.writeFile({ path, content, mode: 0o644, sudo: true, signal });
}
