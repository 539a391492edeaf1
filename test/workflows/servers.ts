import { IllegalStateError } from '@temporalio/common';
import { type LocalTestWorkflowEnvironmentOptions, TestWorkflowEnvironment } from '@temporalio/testing';
import { DefaultLogger, Runtime } from '@temporalio/worker';
import { findProgram, temporalProgram } from '../../worker/embedded/find-program.ts';
import { registerSearchAttributes } from '../../worker/search-attributes.ts';

type DevServer = NonNullable<LocalTestWorkflowEnvironmentOptions['server']>;

/** Says errors alone; once a file, before anything else of Temporal's. A process that runs several files may have it still. */
export function quietRuntime(): void {
  try {
    Runtime.install({
      logger: new DefaultLogger('ERROR'),
      telemetryOptions: { logging: { forward: {}, filter: 'ERROR' } },
    });
  } catch (error) {
    if (!(error instanceof IllegalStateError)) throw error;
  }
}

/** The dev server, in memory, which knows holdfast's search attributes. */
export async function realServer(dynamicConfig: readonly string[] = []): Promise<TestWorkflowEnvironment> {
  const path = await findProgram(temporalProgram);
  const env = await started({
    executable: { type: 'existing-path', path },
    extraArgs: dynamicConfig.flatMap((setting) => ['--dynamic-config-value', setting]),
  });
  await registerSearchAttributes(env.connection.operatorService, 'default');
  return env;
}

/** The SDK waits 5 s for a server, which is short where several start at once on two cores. */
async function started(server: DevServer, tries = 3): Promise<TestWorkflowEnvironment> {
  try {
    return await TestWorkflowEnvironment.createLocal({ server });
  } catch (error) {
    if (tries === 1 || !String(error).includes('did not start within')) throw error;
    return started(server, tries - 1);
  }
}
