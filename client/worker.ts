import type { Command } from 'commander';

export function register(program: Command): void {
  program
    .command('worker')
    .description('run a Temporal worker in the foreground; SIGTERM ends it, jobs on the hosts go on')
    .action(work);
}

async function work(): Promise<void> {
  // Loaded here alone: the SDK's native part would slow every other verb.
  const { startWorker } = await import('../worker/start.ts');
  await startWorker({
    onReady: (where) =>
      console.error(
        JSON.stringify({ time: new Date().toISOString(), level: 'INFO', message: 'polling', ...where }),
      ),
  });
  // ssh2 goes on probing a host behind a bastion that fell silent: that must not hold an ended worker.
  process.exit();
}
