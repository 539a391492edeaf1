import { input } from '@inquirer/prompts';
import { BadInput } from './exit.ts';

/** What cannot be undone is done only after its name was typed, or with --yes. Else exit code 2, and nothing is touched. */
export async function confirmByTyping(what: string, name: string, yes = false): Promise<void> {
  if (yes) return;
  if (!process.stdin.isTTY)
    throw new BadInput(`${what}: not on a terminal, where the name would be typed: add --yes`);
  const typed = await input({ message: `${what}. Type ${name} to go on:` });
  if (typed.trim() !== name)
    throw new BadInput(`${typed.trim() || 'nothing'} is not ${name}: nothing was done`);
}
