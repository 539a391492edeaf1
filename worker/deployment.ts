import type { WorkerDeploymentOptions } from '@temporalio/worker';

/**
 * Worker versioning, where the environment asks for it: HOLDFAST_DEPLOYMENT, and HOLDFAST_BUILD_ID that names this
 * build. A change stays with the build that began it (PINNED); what lives as long as its cluster goes to the current one
 * (workflows/versioned.ts).
 */
export function deploymentFrom(env: NodeJS.ProcessEnv): WorkerDeploymentOptions | undefined {
  const { HOLDFAST_DEPLOYMENT: deploymentName, HOLDFAST_BUILD_ID: buildId } = env;
  if (!deploymentName && !buildId) return undefined;
  if (!deploymentName || !buildId)
    throw new Error(
      'HOLDFAST_DEPLOYMENT and HOLDFAST_BUILD_ID go together: the first is the same for all workers, the second names this build',
    );
  for (const [name, value] of Object.entries({
    HOLDFAST_DEPLOYMENT: deploymentName,
    HOLDFAST_BUILD_ID: buildId,
  }))
    if (!/^[\w.-]{1,100}$/.test(value) || (name === 'HOLDFAST_DEPLOYMENT' && value.includes('.')))
      throw new Error(`${name} is ${value}: letters, digits, - and _ (in a build id . too), at most 100`);
  return {
    version: { deploymentName, buildId },
    useWorkerVersioning: true,
    defaultVersioningBehavior: 'PINNED',
  };
}
