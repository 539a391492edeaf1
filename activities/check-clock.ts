import { sh } from '../hosts/shell.ts';
import { familyOn } from './family.ts';
import { readClock } from './host-facts.ts';
import { type StepBody, problem, step } from './step.ts';

/** Milliseconds; etcd warns from one second between two hosts on. */
const allowed = 500;

/** By the names that the distributions give them; the first that runs is told. */
const services = ['chronyd', 'chrony', 'systemd-timesyncd', 'ntpsec', 'ntpd', 'ntp'];

const look = sh`
timedatectl show -p NTPSynchronized --value 2>/dev/null || echo unknown
for unit in ${services}; do if systemctl is-active -q "$unit" 2>/dev/null; then echo "$unit"; break; fi; done
if command -v chronyc > /dev/null; then chronyc -n tracking 2>/dev/null; fi
true`;

/** Synchronised as the kernel or chrony knows it, or at least no further from our own clock than half of what etcd bears. */
const body: StepBody<'check-clock'> = async (_, { host, signal }) => {
  const { synchronised, service } = parseClock((await host.run(look, { signal })).stdout);
  const { clockOffsetMs, clockErrorMs } = await readClock(host, signal);
  const apart = `${clockOffsetMs} ms from the worker's clock (± ${clockErrorMs} ms)`;
  if (synchronised)
    return { changed: false, summary: `synchronised${service ? ` by ${service}` : ''}, ${apart}` };
  if (Math.abs(clockOffsetMs) - clockErrorMs <= allowed)
    return { changed: false, summary: `not synchronised by NTP, but ${apart}` };
  const cure = service
    ? `${service} runs and has not reached a time server: see ${service.startsWith('chrony') ? 'chronyc sources' : `journalctl -u ${service}`}`
    : (await familyOn(host, signal)).setClock;
  throw problem(
    host.name,
    `its clock is not synchronised, and ${apart}`,
    `On ${host.name}: ${cure}; then: holdfast retry --step check-clock --host ${host.name}`,
  );
};

export const checkClock = step('check-clock', body);

/**
 * chrony tells the kernel only where its configuration says rtcsync, so it is asked itself. `service`: what sets the clock;
 * undefined: nothing that is known.
 */
export function parseClock(text: string): { synchronised: boolean; service: string | undefined } {
  const [kernel, service] = text.split('\n');
  return {
    synchronised: kernel === 'yes' || /^Leap status *: (?!Not synchronised)/m.test(text),
    service: service !== undefined && services.includes(service) ? service : undefined,
  };
}
