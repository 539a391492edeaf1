import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { Connection } from '@temporalio/client';
import { loadClientConnectConfig } from '@temporalio/envconfig';
import type { WorkflowBundleOption } from '@temporalio/worker';
import { NativeConnection, Runtime, Worker } from '@temporalio/worker';
import { createActivities } from '../activities/index.ts';
import { sshHosts } from '../hosts/ssh-hosts.ts';
import { taskQueue } from '../workflows/contract.ts';
import { builtBundle, workflowCode } from './bundle.ts';
import { jsonLogger } from './log.ts';
import { registerSearchAttributes } from './search-attributes.ts';
import { webhookFrom } from './webhook.ts';

export interface WorkerSettings {
  readonly taskQueue?: string;
  /** Default: the bundle of the build, or one made now where the sources run themselves. */
  readonly workflowBundle?: WorkflowBundleOption;
  /** Called when it polls. */
  readonly onReady?: (where: { readonly address: string; readonly namespace: string }) => void;
}

/**
 * The composition root: everything that has a side is made here, and handed to those who need it. Runs until SIGINT or
 * SIGTERM, then lets quick steps end and detaches from remote jobs, which go on; the next worker re-attaches.
 */
export async function startWorker(settings: WorkerSettings = {}): Promise<void> {
  const webhook = webhookFrom(process.env);
  Runtime.install({
    logger: jsonLogger(),
    telemetryOptions: { logging: { forward: {}, filter: { core: 'WARN', other: 'ERROR' } } },
  });
  // Temporal's own convention: TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE, TEMPORAL_API_KEY, TLS, profiles.
  const { connectionOptions, namespace = 'default' } = loadClientConnectConfig();
  await prepareNamespace(connectionOptions, namespace);
  const connection = await NativeConnection.connect(connectionOptions);
  const hosts = sshHosts();
  try {
    const worker = await Worker.create({
      connection,
      namespace,
      taskQueue: settings.taskQueue ?? taskQueue,
      workflowBundle: settings.workflowBundle ?? (await ownBundle()),
      activities: createActivities({
        hosts,
        readLocalFile,
        backupIdentity: process.env.HOLDFAST_BACKUP_IDENTITY || undefined,
        ...(webhook && { webhook }),
      }),
      shutdownGraceTime: '3 s',
      shutdownForceTime: '30 s',
      // A failover is noticed within seconds, and a cancellation reaches an activity through its heartbeat.
      maxHeartbeatThrottleInterval: '1 s',
      defaultHeartbeatThrottleInterval: '1 s',
      // Each waits for its host nearly all of its time; memory is the limit, not the processor.
      maxConcurrentActivityTaskExecutions: 200,
    });
    const run = worker.run();
    settings.onReady?.({ address: connectionOptions.address ?? 'localhost:7233', namespace });
    await run;
  } finally {
    await hosts.close();
    await connection.close();
  }
}

type ConnectOptions = ReturnType<typeof loadClientConnectConfig>['connectionOptions'];

async function prepareNamespace(options: ConnectOptions, namespace: string): Promise<void> {
  const connection = await Connection.connect(options);
  try {
    await registerSearchAttributes(connection.operatorService, namespace);
  } finally {
    await connection.close();
  }
}

async function ownBundle(): Promise<WorkflowBundleOption> {
  return existsSync(builtBundle) ? { codePath: builtBundle } : { code: await workflowCode() };
}

function readLocalFile(path: string): Promise<Buffer> {
  return readFile(path.startsWith('~/') ? join(homedir(), path.slice(2)) : path);
}
