import { randomBytes } from 'node:crypto';
import type { Writable } from 'node:stream';
import { quote } from './shell.ts';

/**
 * sudo's own failures and the command's look alike (exit code 1), so what runs behind sudo first says a word on stderr
 * that nobody else knows. The password goes over stdin; the command's own stdin follows only after that word, or a
 * refused password would make sudo read it as the next try.
 */
export interface Gate {
  readonly command: string;
  /** `feed` gives the command its own stdin: at once, or where a password is asked for, once it was accepted. */
  open(stdin: Writable, feed: () => void): OpenGate;
}

export interface OpenGate {
  /** Takes stderr; gives back what belongs to the command. */
  hear(chunk: Buffer): Buffer;
  /** sudo's words when it never let the command run. */
  refused(): string | undefined;
  end(): void;
}

/** How long sudo may think about a password after it has begun to speak (wrong ones cost it about 2 s each). */
const patienceMs = 15_000;

export function sudoGate(script: string, password: string | undefined): Gate {
  const word = `holdfast-${randomBytes(8).toString('hex')}`;
  const greeting = `echo ${word} >&2\n`;
  // sudo leaves the password unread where it needs none: it must not become the command's input.
  const skipping = `while IFS= read -r line && [ "$line" != ${word} ]; do :; done\n`;
  return password === undefined
    ? {
        command: `sudo -n -- sh -c ${quote(greeting + script)}`,
        open: (_, feed) => {
          feed();
          return listen(
            word,
            () => {},
            () => {},
          );
        },
      }
    : {
        command: `sudo -S -p '' -- sh -c ${quote(greeting + skipping + script)}`,
        open: (stdin, feed) => {
          stdin.write(`${password}\n`);
          const accepted = () => {
            stdin.write(`${word}\n`);
            feed();
          };
          return listen(word, accepted, () => stdin.end());
        },
      };
}

function listen(word: string, accepted: () => void, giveUp: () => void): OpenGate {
  let before = Buffer.alloc(0);
  let passed = false;
  let timer: NodeJS.Timeout | undefined;
  return {
    hear(chunk) {
      if (passed) return chunk;
      before = Buffer.concat([before, chunk]);
      const at = before.indexOf(`${word}\n`);
      if (at >= 0) {
        passed = true;
        clearTimeout(timer);
        accepted();
        return before.subarray(at + word.length + 1);
      }
      // Without more input, sudo stops asking.
      if (before.includes('try again')) giveUp();
      timer ??= setTimeout(giveUp, patienceMs);
      return Buffer.alloc(0);
    },
    refused: () => (passed ? undefined : before.toString('utf8').trim()),
    end: () => clearTimeout(timer),
  };
}
