import { readFile } from 'node:fs/promises';
import { MockActivityEnvironment, TestWorkflowEnvironment } from '@temporalio/testing';
import { DefaultLogger, Runtime, Worker } from '@temporalio/worker';
import { createActivities } from '../activities/index.ts';
import type { Cluster } from '../cluster/cluster.ts';
import { plan } from '../cluster/plan.ts';
import type { Plan } from '../cluster/plan-types.ts';
import { sshHosts } from '../hosts/ssh-hosts.ts';
import { findProgram, temporalProgram } from '../worker/embedded/find-program.ts';
import { workflowCode } from '../worker/bundle.ts';
import { clusterAttribute, stateAttribute, taskQueue } from '../workflows/contract.ts';

type Activity = (call: unknown) => Promise<unknown>;

/** The steps themselves, as a Temporal worker runs them, without Temporal: hosts side by side, through the bastion. */
export async function steps(spec: Cluster): Promise<void> {
  const hosts = sshHosts();
  const activities = createActivities({
    hosts,
    readLocalFile: (path) => readFile(path),
  }) as unknown as Record<string, Activity>;
  const { targets, phases } = prepareOnly(spec);
  const all = phases.flatMap((phase) => phase.steps).filter(({ id }) => id !== 'gather-facts');
  const lanes = Object.keys(targets).map((host) => all.filter((step) => step.host === host));
  try {
    await Promise.all(
      lanes.map(async (lane) => {
        for (const { id, host, others = [], input } of lane) {
          const activity = activities[
            id.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase())
          ] as Activity;
          const named = Object.fromEntries((others as string[]).map((name) => [name, targets[name]]));
          const call = {
            ...input,
            cluster: spec.name,
            target: targets[host],
            others: named,
            change: '00000000',
            job: 1,
          };
          await new MockActivityEnvironment().run(activity, call);
        }
      }),
    );
  } finally {
    await hosts.close();
  }
}

/** The whole way: workflow bringUp with a child a host, on the embedded Temporal server. */
export interface Whole {
  run(): Promise<void>;
  close(): Promise<void>;
}

export async function whole(spec: Cluster): Promise<Whole> {
  Runtime.install({
    logger: new DefaultLogger('ERROR'),
    telemetryOptions: { logging: { forward: {}, filter: 'ERROR' } },
  });
  const path = await findProgram(temporalProgram);
  const environment = await TestWorkflowEnvironment.createLocal({
    server: { executable: { type: 'existing-path', path } },
  });
  await environment.connection.operatorService.addSearchAttributes({
    namespace: environment.namespace ?? 'default',
    searchAttributes: { [clusterAttribute.name]: 2, [stateAttribute.name]: 2 },
  });
  const code = await workflowCode('index');
  const input = { spec, plan: prepareOnly(spec) };
  let n = 0;
  return {
    run: async () => {
      const hosts = sshHosts();
      const worker = await Worker.create({
        connection: environment.nativeConnection,
        taskQueue,
        workflowBundle: { code },
        activities: createActivities({ hosts, readLocalFile: (file) => readFile(file) }),
        maxConcurrentActivityTaskExecutions: 200,
      });
      n += 1;
      const start = { taskQueue, workflowId: `bench-${n}`, args: [input] };
      await worker.runUntil(environment.client.workflow.execute('bringUp', start));
      await hosts.close();
    },
    close: () => environment.teardown(),
  };
}

/** The plan's phases connect and prepare, without its bastion's own part. */
function prepareOnly(spec: Cluster): Plan {
  const made = plan(spec);
  const phases = made.phases
    .filter(({ id }) => id === 'connect' || id === 'prepare')
    .map((phase) => ({
      ...phase,
      after: phase.id === 'prepare' ? (['connect'] as const) : [],
      steps: phase.steps.filter(({ host }) => host !== made.bastion),
    }));
  return { ...made, phases };
}
