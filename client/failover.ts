import type { Command } from 'commander';
import type { FailoverRequest, ForgetInput } from '../workflows/contract.ts';
import { confirmByTyping } from './confirm.ts';
import { BadInput } from './exit.ts';
import { person } from './person.ts';
import { send } from './send.ts';

interface FailoverOptions {
  readonly candidate?: string;
  readonly reason?: string;
  readonly forget?: string;
  readonly yes?: boolean;
}

export function register(program: Command): void {
  program
    .command('failover')
    .description(
      'ask for a promotion now, without the wait for a confirmation; or give up a lost master for good',
    )
    .argument('[cluster]', 'default: the only one')
    .option('--candidate <host>', 'worker node to promote; default: the first of the spec that is ready')
    .option('--reason <text>', 'recorded')
    .option(
      '--forget <host>',
      'remove this control-plane node for good instead: it is not waited for any more',
    )
    .option('--yes', 'with --forget: do not ask')
    .action(failover);
}

async function failover(cluster: string | undefined, options: FailoverOptions): Promise<void> {
  const { candidate, reason, forget, yes } = options;
  if (forget !== undefined) {
    if (candidate !== undefined || reason !== undefined)
      throw new BadInput('--forget stands alone: it promotes nobody');
    await confirmByTyping(`${forget} will not serve as a control-plane node again`, forget, yes);
    const input: ForgetInput = { host: forget, by: person() };
    return send(cluster, 'forget', input, 'failover');
  }
  if (reason === undefined) throw new BadInput('why? --reason TEXT is recorded');
  const input: FailoverRequest = { ...(candidate !== undefined && { candidate }), reason, by: person() };
  await send(cluster, 'failover', input, 'failover');
}
