import type { Command } from 'commander';
import { BadInput, ExitError, exitCode } from './exit.ts';

export function register(program: Command): void {
  program
    .command('worker')
    .description('run a Temporal worker in the foreground; SIGTERM ends it, jobs on the hosts go on')
    .option('--check', 'only say whether the one polls whose metrics HOLDFAST_METRICS_ADDRESS names')
    .action((options: { check?: boolean }) => (options.check ? check() : work()));
}

async function work(): Promise<void> {
  // Loaded here alone: the SDK's native part would slow every other verb.
  const { startWorker } = await import('../worker/start.ts');
  const { BadSettings } = await import('../worker/settings.ts');
  await startWorker().catch((error: unknown) => {
    throw error instanceof BadSettings ? new BadInput(error.message) : error;
  });
  // ssh2 goes on probing a host behind a bastion that fell silent: that must not hold an ended worker.
  process.exit();
}

async function check(): Promise<void> {
  const { metricsAddressFrom } = await import('../worker/metrics/address.ts');
  const { polls } = await import('../worker/metrics/polls.ts');
  const address = metricsAddressFrom(process.env);
  if (!address)
    throw new BadInput('HOLDFAST_METRICS_ADDRESS is not set: it says where the worker tells how it is');
  // One that listens on every address is asked on loopback.
  const near = address.replace(/^0\.0\.0\.0:/, '127.0.0.1:').replace(/^\[::\]:/, '[::1]:');
  if (!(await polls(near)))
    throw new ExitError(exitCode.unreachable, `no worker polls whose metrics are at ${near}`);
  console.log('the worker polls');
}
