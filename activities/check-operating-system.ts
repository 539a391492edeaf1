import { whyUnsupported } from '../cluster/operating-systems.ts';
import { HostError } from '../hosts/errors.ts';
import { sh } from '../hosts/shell.ts';
import { parseOsRelease } from './family.ts';
import { type StepBody, step } from './step.ts';

const architectures = ['x86_64', 'aarch64'];

const body: StepBody<'check-operating-system'> = async (_, { host, signal }) => {
  const { stdout } = await host.run(
    sh`uname -m; if [ -d /run/systemd/system ]; then echo systemd; else echo other; fi; cat /etc/os-release`,
    { signal },
  );
  const [architecture = '', init = '', ...rest] = stdout.split('\n');
  const os = parseOsRelease(rest.join('\n'));
  const name = os.prettyName === '' ? os.id : os.prettyName;
  const unsupported = [
    whyUnsupported(os),
    init === 'systemd' ? undefined : 'it does not run systemd',
    architectures.includes(architecture)
      ? undefined
      : `${architecture} is not one of ${architectures.join(', ')}`,
  ].filter((why) => why !== undefined);
  if (unsupported.length > 0)
    throw new HostError('UnsupportedSystem', host.name, unsupported.join('; '), {
      next: `Install a supported system on ${host.name}, or take it out of the spec.`,
    });
  return { changed: false, summary: `${name}, ${architecture}` };
};

export const checkOperatingSystem = step('check-operating-system', body);
