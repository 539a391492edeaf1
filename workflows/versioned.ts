import { setWorkflowOptions } from '@temporalio/workflow';
import { backup } from './backup.ts';
import { failover } from './failover.ts';

/**
 * The same workflows for a worker with a deployment and a build id: what lives as long as its cluster goes to the
 * current build, all else stays with its own. A module of its own: the server refuses every task of a workflow that says
 * so on a worker without versioning.
 */
export * from './index.ts';

setWorkflowOptions({ versioningBehavior: 'AUTO_UPGRADE' }, failover);
setWorkflowOptions({ versioningBehavior: 'AUTO_UPGRADE' }, backup);
