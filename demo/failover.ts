import { writeFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { connect } from '../client/connect.ts';
import { ExitError, exitCode } from '../client/exit.ts';
import { openFailover } from '../client/failover/run.ts';
import { readSpec } from '../client/read-spec.ts';
import { hostsWithRole } from '../cluster/cluster.ts';
import type { ReportEvent, ReportInput } from '../cluster/drill/report.ts';
import { sshHosts } from '../hosts/ssh-hosts.ts';
import { demoCluster } from '../lab/demo-spec.ts';
import { readLab } from '../lab/lab-file.ts';
import type { Lab } from '../lab/lab-file.ts';
import { power } from '../lab/power.ts';
import { readObjects, writeObjects } from './objects.ts';
import { outageTold } from './outage-told.ts';
import { withProbers } from './probers.ts';
import { untilPromoted, untilWell } from './until.ts';

// npm run demo -- --failover: all masters of the running demo lose their power, and a worker node takes over.

const leave = new AbortController();
process.once('SIGINT', () => leave.abort(new ExitError(exitCode.interrupted, 'interrupted')));

try {
  await demo(leave.signal);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = error instanceof ExitError ? error.code : exitCode.failed;
}

async function demo(signal: AbortSignal): Promise<void> {
  const lab = await readLab(demoCluster);
  if (!lab) throw new ExitError(exitCode.badInput, 'the demo does not run: npm run demo');
  const spec = await readSpec(lab.paths.spec);
  const temporal = await connect();
  const hosts = sshHosts();
  try {
    const failover = await openFailover(temporal, spec.name);
    await untilWell(temporal, failover, signal);
    const before = await writeObjects(hosts, spec, signal);
    say(`${before.size} objects are written: holdfast kubectl demo -- get configmaps -n failover-demo`);
    const told = { marks: { fault: 0, restored: 0 }, events: [] as readonly ReportEvent[] };
    const masters = hostsWithRole(spec, 'control-plane').map(({ name }) => name);
    const logs = await withProbers(hosts, spec, signal, async () => {
      say('probers ask the API ten times a second, each time by a new connection');
      await sleep(5000, undefined, { signal });
      try {
        say(`power off: ${masters.join(', ')}`);
        told.marks.fault = Date.now();
        await switchAll(lab, masters, 'off');
        told.events = await untilPromoted(temporal, failover, told.marks.fault, signal);
        await sleep(5000, undefined, { signal });
        compare(before, await readObjects(hosts, spec, signal));
      } finally {
        told.marks.restored = Date.now();
        say(`power on: ${masters.join(', ')}`);
        await switchAll(lab, masters, 'on');
      }
      await sleep(20_000, undefined, { signal });
      compare(before, await readObjects(hosts, spec, signal));
    });
    const what = `${masters.join(', ')} powered off`;
    await show({ cluster: spec.name, story: 'all masters', what, ...told, logs });
  } finally {
    await hosts.close();
    await temporal.close();
  }
}

async function show(input: ReportInput): Promise<void> {
  const { text, svg } = outageTold(input);
  const picture = fileURLToPath(new URL('../failover-demo.svg', import.meta.url));
  await writeFile(picture, svg);
  console.log(`\n${text}\nA picture of it: ${picture}`);
}

/** At once, as when a circuit breaker trips. */
async function switchAll(lab: Lab, names: readonly string[], action: 'off' | 'on'): Promise<void> {
  await Promise.all(names.map((name) => power(lab, name, action)));
}

function compare(before: ReadonlyMap<string, string>, after: ReadonlyMap<string, string>): void {
  const lost = [...before].filter(([name, uid]) => after.get(name) !== uid).map(([name]) => name);
  if (lost.length > 0) throw new Error(`lost, or not the same object any more: ${lost.join(', ')}`);
  say(`all ${before.size} objects are there, each with its uid`);
}

function say(line: string): void {
  console.log(`${new Date().toISOString().slice(11, 19)}  ${line}`);
}
