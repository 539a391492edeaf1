import { colors } from '../colors.ts';
import type { Waiting } from '../../cluster/status.ts';

/** A step that waits for a person: where, why, the last lines, and what would help. */
export function waitingText({ host, step, error, commands }: Waiting): readonly string[] {
  const ran = [error.command, error.exitCode !== undefined && `exit code ${error.exitCode}`].filter(Boolean);
  return [
    colors.yellow(`${host} waits: ${step}: ${error.kind}: ${error.message}`),
    ...(ran.length > 0 ? [`    ran: ${ran.join(', ')}`] : []),
    ...(error.tail ?? '')
      .split('\n')
      .filter(Boolean)
      .slice(-8)
      .map((line) => colors.dim(`    | ${line}`)),
    ...(error.next ? [`    ${error.next}`] : []),
    ...commands.map((command) => `    $ ${command}`),
  ];
}
