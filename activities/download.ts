import type { Host } from '../hosts/host.ts';
import { HostError } from '../hosts/errors.ts';
import { sh } from '../hosts/shell.ts';
import type { StepTools } from './step.ts';

export interface Download {
  readonly url: string;
  /** Hexadecimal, with or without the "sha256:" that Kubespray writes before it. */
  readonly sha256: string;
  /** Where the checked file goes; its folder is made. */
  readonly path: string;
}

/** Downloads on the host itself, and moves the file into place only when its checksum is the one expected. */
export async function download(
  host: Host,
  wanted: Download,
  { outside, signal }: Pick<StepTools, 'outside' | 'signal'>,
): Promise<void> {
  const sum = wanted.sha256.replace(/^sha256:/, '');
  const part = `${wanted.path}.part`;
  await outside(
    host,
    sh`mkdir -p "$(dirname ${wanted.path})" && curl -fsSL --connect-timeout 10 --speed-limit 1 --speed-time 30 -o ${part} ${wanted.url}`,
    { sudo: true, signal, timeout: 600 },
  );
  const { code, stdout } = await host.run(
    sh`set -e; echo ${`${sum}  ${part}`} | sha256sum -c --status || { sha256sum ${part}; rm -f ${part}; exit 3; }; mv -f ${part} ${wanted.path}`,
    { sudo: true, signal, ok: [0, 3] },
  );
  if (code === 0) return;
  throw new HostError(
    'ProblemFound',
    host.name,
    `${wanted.url} has another checksum than ${sum}: ${stdout.slice(0, 64)}`,
    {
      command: `curl ${wanted.url}`,
      next: 'Check the mirror, or the checksum in kubespray.vars.',
    },
  );
}
