import { ApplicationFailure, WorkflowFailedError } from '@temporalio/client';
import { InvalidArgumentError, Option } from 'commander';
import type { Command } from 'commander';
import { accessPlan, accessRoles } from '../cluster/access.ts';
import type { AccessRole } from '../cluster/access.ts';
import { durationOf } from '../cluster/spec/values.ts';
import type { StepError } from '../cluster/status.ts';
import { accessId, clusterAttribute, taskQueue } from '../workflows/contract.ts';
import { lastApplied } from './applied.ts';
import { clusterNamed } from './cluster-argument.ts';
import { connect } from './connect.ts';
import { BadInput, ExitError, exitCode } from './exit.ts';

interface AccessOptions {
  readonly user: string;
  readonly role: AccessRole;
  readonly namespace?: string;
  readonly expires: number;
  readonly revoke?: boolean;
}

export function register(program: Command): void {
  program
    .command('access')
    .description('give a Unix user of the bastion a kubeconfig of their own, which expires; or take it away')
    .argument('[cluster]', 'default: the only one')
    .requiredOption(
      '--user <user>',
      'Unix user of the bastion',
      named(/^[a-z_][a-z0-9_-]{0,31}$/, 'a user name'),
    )
    .addOption(new Option('--role <role>', 'what they may do').choices(accessRoles).default('view'))
    .option(
      '--namespace <namespace>',
      'where; default: everywhere',
      named(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/, 'a namespace'),
    )
    .option('--expires <time>', 'from 10m to 7d', expiry, 8 * 3600)
    .option('--revoke', 'take their access away')
    .action(access);
}

const named = (pattern: RegExp, what: string) => (value: string) => {
  if (pattern.test(value)) return value;
  throw new InvalidArgumentError(`not ${what}`);
};

/** Kubernetes signs for no less than ten minutes; whoever has access for longer than a week is better asked again. */
function expiry(value: string): number {
  const seconds = durationOf(value, '10m', '7d');
  if (seconds !== undefined) return seconds;
  throw new InvalidArgumentError('wanted: a time with its unit (m, h, d), 10m to 7d');
}

async function access(cluster: string | undefined, options: AccessOptions): Promise<void> {
  const { user, role, namespace, expires, revoke } = options;
  const temporal = await connect();
  try {
    const name = await clusterNamed(temporal, cluster);
    const spec = await lastApplied(temporal, name);
    if (!spec) throw new BadInput(`${name}: it was not brought up yet: holdfast up SPEC`);
    const asked = { user, role, seconds: expires, ...(namespace !== undefined && { namespace }) };
    const said = (await temporal.client.workflow.execute('access', {
      workflowId: accessId(name, user),
      taskQueue,
      args: [{ plan: accessPlan(spec, asked, revoke) }],
      workflowIdConflictPolicy: 'TERMINATE_EXISTING',
      workflowExecutionTimeout: '10 m',
      typedSearchAttributes: [{ key: clusterAttribute, value: name }],
    })) as readonly string[];
    console.log(said.join('\n'));
  } catch (error) {
    throw told(error);
  } finally {
    await temporal.close();
  }
}

function told(error: unknown): unknown {
  const cause = error instanceof WorkflowFailedError ? error.cause : undefined;
  if (!(cause instanceof ApplicationFailure)) return error;
  const next = (cause.details?.[0] as StepError | undefined)?.next;
  return new ExitError(exitCode.failed, [cause.message, next].filter(Boolean).join('\n'));
}
