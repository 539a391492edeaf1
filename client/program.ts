import { Command, CommanderError } from 'commander';
import * as abort from './abort.ts';
import * as access from './access.ts';
import * as adopt from './adopt.ts';
import * as approve from './approve.ts';
import * as backup from './backup.ts';
import * as demote from './demote.ts';
import * as dev from './dev.ts';
import * as drill from './drill.ts';
import { ExitError, exitCode } from './exit.ts';
import * as failover from './failover.ts';
import * as host from './host.ts';
import * as init from './init.ts';
import * as kubectl from './kubectl.ts';
import * as lab from './lab.ts';
import * as pause from './pause.ts';
import * as plan from './plan.ts';
import * as promote from './promote.ts';
import * as rehearse from './rehearse.ts';
import * as reset from './reset.ts';
import * as restore from './restore.ts';
import * as resume from './resume.ts';
import * as retry from './retry.ts';
import * as schema from './schema.ts';
import * as service from './service.ts';
import * as skip from './skip.ts';
import * as status from './status.ts';
import * as trust from './trust.ts';
import * as up from './up.ts';
import * as validate from './validate.ts';
import * as watch from './watch.ts';
import * as worker from './worker.ts';

const verbs = [
  init,
  adopt,
  validate,
  plan,
  trust,
  up,
  host,
  watch,
  status,
  retry,
  skip,
  abort,
  failover,
  promote,
  demote,
  approve,
  pause,
  resume,
  backup,
  restore,
  reset,
  drill,
  access,
  kubectl,
  lab,
  rehearse,
  dev,
  service,
  worker,
  schema,
];

/** Runs one verb and says what went wrong. Returns the exit code. */
export async function holdfast(args: readonly string[]): Promise<number> {
  const program = new Command('holdfast')
    .description(
      'highly available Kubernetes on your own machines, brought up and kept up by durable workflows',
    )
    .showHelpAfterError('(holdfast VERB --help says more)')
    .exitOverride();
  for (const { register } of verbs) register(program);
  try {
    await program.parseAsync(args, { from: 'user' });
    return Number(process.exitCode ?? exitCode.done);
  } catch (error) {
    return told(error);
  }
}

/** Prints what went wrong, unless that was done already, and returns the exit code. */
function told(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCode.done : exitCode.badInput;
  if (error instanceof ExitError) {
    console.error(error.message);
    return error.code;
  }
  if (error instanceof Error && error.name === 'ExitPromptError') return exitCode.interrupted;
  console.error(process.env.HOLDFAST_DEBUG ? error : error instanceof Error ? error.message : String(error));
  return exitCode.failed;
}
