import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { loadClientConnectConfig } from '@temporalio/envconfig';
import type { WorkflowBundleOption } from '@temporalio/worker';
import { NativeConnection, Runtime, Worker } from '@temporalio/worker';
import { createActivities } from '../activities/index.ts';
import { sshHosts } from '../hosts/ssh-hosts.ts';
import { taskQueue } from '../workflows/contract.ts';
import { type BundleKind, builtBundle, workflowCode } from './bundle.ts';
import { loggerOf } from './log.ts';
import { reportClusters } from './metrics/report.ts';
import { patience } from './patience.ts';
import { registerSearchAttributes } from './search-attributes.ts';
import { type Settings, settingsFrom } from './settings.ts';

/**
 * The composition root: everything that has a side is made here, and handed to those who need it. Runs until SIGINT or
 * SIGTERM, then lets quick steps end and detaches from remote jobs, which go on; the next worker re-attaches.
 */
export async function startWorker(): Promise<void> {
  const settings = settingsFrom(process.env, process.stderr.isTTY);
  const runtime = installRuntime(settings);
  // Temporal's own convention: TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE, TEMPORAL_API_KEY, TLS, profiles.
  const { connectionOptions, namespace = 'default' } = loadClientConnectConfig();
  const own = await Connection.connect(connectionOptions);
  const connection = await NativeConnection.connect(connectionOptions);
  const hosts = sshHosts();
  const ended = new AbortController();
  try {
    await registerSearchAttributes(own.operatorService, namespace);
    const { webhook, backupIdentity, deployment } = settings;
    const worker = await Worker.create({
      connection,
      namespace,
      taskQueue,
      workflowBundle: await ownBundle(deployment ? 'versioned' : 'index'),
      ...(deployment && { workerDeploymentOptions: deployment }),
      activities: createActivities({ hosts, readLocalFile, backupIdentity, ...(webhook && { webhook }) }),
      ...patience,
      shutdownGraceTime: '3 s',
      shutdownForceTime: '30 s',
      // A failover is noticed within seconds, and a cancellation reaches an activity through its heartbeat.
      maxHeartbeatThrottleInterval: '1 s',
      defaultHeartbeatThrottleInterval: '1 s',
      // Each waits for its host nearly all of its time; memory is the limit, not the processor.
      maxConcurrentActivityTaskExecutions: 200,
    });
    const run = worker.run();
    const { logger, metricMeter: meter } = runtime;
    logger.info('polling', {
      ...{ address: connectionOptions.address ?? 'localhost:7233', namespace },
      ...deployment?.version,
    });
    if (settings.metrics) {
      const client = new Client({ connection: own, namespace });
      const warn = (line: string): void => void logger.warn(line);
      void reportClusters({ client, meter, warn, signal: ended.signal });
    }
    await run;
  } finally {
    ended.abort();
    await hosts.close();
    await connection.close();
    await own.close();
  }
}

/** Once a process. What Prometheus may read is served by the SDK itself, under /metrics. */
function installRuntime({ logFormat, metrics }: Settings): Runtime {
  return Runtime.install({
    logger: loggerOf(logFormat),
    telemetryOptions: {
      logging: { forward: {}, filter: { core: 'WARN', other: 'ERROR' } },
      ...(metrics && { metrics: { prometheus: { bindAddress: metrics } } }),
    },
  });
}

async function ownBundle(kind: BundleKind): Promise<WorkflowBundleOption> {
  const codePath = builtBundle(kind);
  return existsSync(codePath) ? { codePath } : { code: await workflowCode(kind) };
}

function readLocalFile(path: string): Promise<Buffer> {
  return readFile(path.startsWith('~/') ? join(homedir(), path.slice(2)) : path);
}
