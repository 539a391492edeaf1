import type { WorkerDeploymentOptions } from '@temporalio/worker';
import type { Webhook } from '../activities/webhook.ts';
import { deploymentFrom } from './deployment.ts';
import { type LogFormat, logFormatFrom } from './log.ts';
import { metricsAddressFrom } from './metrics/address.ts';
import { webhookFrom } from './webhook.ts';

/** What a worker reads of its environment beside Temporal's own variables. */
export interface Settings {
  readonly webhook: Webhook | undefined;
  readonly deployment: WorkerDeploymentOptions | undefined;
  /** IP address and port. */
  readonly metrics: string | undefined;
  readonly logFormat: LogFormat;
  /** Path of the key that opens backups. */
  readonly backupIdentity: string | undefined;
}

/** The environment's mistakes, each in a line. */
export class BadSettings extends Error {}

/** Throws `BadSettings` with every mistake at once. */
export function settingsFrom(env: NodeJS.ProcessEnv, isTerminal: boolean): Settings {
  const mistakes: string[] = [];
  const read = <T>(from: () => T): T | undefined => {
    try {
      return from();
    } catch (error) {
      mistakes.push(error instanceof Error ? error.message : String(error));
      return undefined;
    }
  };
  const settings = {
    webhook: read(() => webhookFrom(env)),
    deployment: read(() => deploymentFrom(env)),
    metrics: read(() => metricsAddressFrom(env)),
    logFormat: read(() => logFormatFrom(env, isTerminal)) ?? 'json',
    backupIdentity: env.HOLDFAST_BACKUP_IDENTITY || undefined,
  };
  if (mistakes.length > 0) throw new BadSettings(mistakes.join('\n'));
  return settings;
}
