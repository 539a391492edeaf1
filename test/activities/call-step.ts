import { MockActivityEnvironment } from '@temporalio/testing';
import type { Deps } from '../../activities/step.ts';
import type { SshTarget } from '../../cluster/cluster.ts';
import type { StepCall, StepId, StepInputs, StepResult } from '../../cluster/steps.ts';
import type { Host } from '../../hosts/host.ts';

export interface CallOptions {
  readonly localFiles?: Readonly<Record<string, string>>;
  /** The worker's file with the keys that open backups. */
  readonly backupIdentity?: string;
  readonly job?: number;
  readonly environment?: MockActivityEnvironment;
}

/** Runs a step as Temporal would, about the first of these hosts, real or faked; it may talk to the others. */
export function callStep<Id extends StepId, Result = StepResult>(
  activity: (deps: Deps) => (call: StepCall<Id>) => Promise<Result>,
  input: StepInputs[Id],
  hosts: readonly Host[],
  options: CallOptions = {},
): Promise<Result> {
  const byName = new Map(hosts.map((host) => [host.name, host]));
  const deps: Deps = {
    hosts: {
      host: ({ name }) => byName.get(name) as Host,
      close: () => Promise.resolve(),
    },
    readLocalFile: (path) => {
      const content = options.localFiles?.[path];
      return content === undefined
        ? Promise.reject(Object.assign(new Error(`no file ${path}`), { code: 'ENOENT' }))
        : Promise.resolve(Buffer.from(content));
    },
    backupIdentity: options.backupIdentity,
  };
  const targets = Object.fromEntries(hosts.map(({ name }) => [name, target(name)]));
  const call = {
    ...input,
    cluster: 'demo',
    target: target(hosts[0]?.name ?? ''),
    others: targets,
    change: '01a225b8-89ab-7def-8123-456701234567',
    job: options.job ?? 1,
  };
  const environment = options.environment ?? new MockActivityEnvironment();
  return environment.run(activity(deps), call as unknown as StepCall<Id>);
}

/** The failure's type, message and detail, as the workflow sees them. */
export async function failureOf(run: Promise<unknown>) {
  try {
    await run;
  } catch (error) {
    const failure = error as { type?: string; message: string; nonRetryable?: boolean; details?: unknown[] };
    return { ...failure, message: failure.message, detail: failure.details?.[0] as Record<string, string> };
  }
  throw new Error('it did not fail');
}

const target = (name: string): SshTarget => ({
  name,
  address: '192.0.2.1',
  port: 22,
  user: 'ubuntu',
  knownHosts: '/dev/null',
});
