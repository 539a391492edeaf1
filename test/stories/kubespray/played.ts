import { readFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { execa } from 'execa';
import { findProgram, temporalProgram } from '../../../worker/embedded/find-program.ts';
import { changeId } from '../../../workflows/contract.ts';
import type { StoryLab } from '../support/story-lab.ts';

export interface Played {
  readonly recap: string;
  /**
   * `seconds` of ansible-playbook, `tasks` that it began. As shares of the run: `overhead`, the activity's time beside
   * it; `callback`, what our plugin took within it; `cpu`, what holdfast's worker and Temporal's server have used since
   * they began of all that the machine's processors had to give.
   */
  readonly figures: {
    readonly seconds: number;
    readonly tasks: number;
    readonly overhead: number;
    readonly callback: number;
    readonly cpu: number;
  };
}

/** What the newest change's job of run-kubespray left on the bastion, and how long the activity took by Temporal's clock. */
export async function played(lab: StoryLab): Promise<Played> {
  const { on, name } = lab;
  const runs = `/var/lib/holdfast/${name}/runs`;
  const job = await on('bastion-1', `ls -1t ${runs} | grep -m1 -- '-run-kubespray-'`);
  const recap = await on('bastion-1', `sed -n '/^PLAY RECAP/,$p' ${runs}/${job}/log`);
  const tasks = Number(await on('bastion-1', `grep -c '"event": "task"' ${runs}/${job}/progress.jsonl`));
  // The folder `started` is the job's first act, the file `rc` its last.
  const [began, ended] = (await on('bastion-1', `stat -c %.3Y ${runs}/${job}/started ${runs}/${job}/rc`))
    .split('\n')
    .map(Number) as [number, number];
  const recapped = await on('bastion-1', `grep '"event": "recap"' ${runs}/${job}/progress.jsonl | tail -n 1`);
  const { server, worker } = await processes(lab);
  const seconds = ended - began;
  const overhead = ((await activitySeconds(name, server.address)) - seconds) / seconds;
  const callback = (JSON.parse(recapped) as { readonly seconds: number }).seconds / seconds;
  const used = (await cpuSeconds(server.pid)) + (await cpuSeconds(worker.pid));
  const cpu = used / seconds / availableParallelism();
  return { recap, figures: { seconds, tasks, overhead, callback, cpu } };
}

interface Processes {
  readonly server: { readonly pid: number; readonly address: string };
  readonly worker: { readonly pid: number };
}

async function processes({ holdfast }: StoryLab): Promise<Processes> {
  return JSON.parse((await holdfast.run(['dev', '--status', '--json'])).stdout) as Processes;
}

interface Event {
  readonly eventId: string;
  readonly eventTime: string;
  readonly activityTaskScheduledEventAttributes?: { readonly activityType: { readonly name: string } };
  readonly activityTaskCompletedEventAttributes?: { readonly scheduledEventId: string };
}

async function activitySeconds(cluster: string, address: string): Promise<number> {
  const temporal = await findProgram(temporalProgram);
  const show = ['workflow', 'show', '--address', address, '-w', changeId(cluster), '-o', 'json'];
  const { events } = JSON.parse((await execa(temporal, show)).stdout) as {
    readonly events: readonly Event[];
  };
  const begun = events.find(
    (event) => event.activityTaskScheduledEventAttributes?.activityType.name === 'runKubespray',
  );
  const done = events.find(
    (event) => event.activityTaskCompletedEventAttributes?.scheduledEventId === begun?.eventId,
  );
  return (Date.parse(done?.eventTime ?? '') - Date.parse(begun?.eventTime ?? '')) / 1000;
}

/** Of a process and its threads; 100 clock ticks a second on Linux. */
async function cpuSeconds(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / 100;
}
