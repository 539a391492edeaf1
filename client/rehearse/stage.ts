import { appendFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { execa } from 'execa';
import { workerProgram } from '../dev/program.ts';

export interface Ended {
  readonly code: number;
  readonly seconds: number;
  /** Last lines of what it said. */
  readonly tail: string;
}

/** Where a rehearsal plays: this program itself, with a Temporal server of its own that no other work is in. */
export interface Stage {
  /** Runs a verb as a person would; what it says is shown, and kept in the log. */
  readonly run: (args: readonly string[]) => Promise<Ended>;
  readonly interrupted: () => boolean;
  /** How what was left running is taken away. */
  readonly hint: (name: string) => void;
}

const tailLines = 25;

export async function stage(options: {
  readonly work: string;
  readonly log: string;
  readonly identityFile: string;
}): Promise<Stage> {
  const { work, log } = options;
  const noProfile = join(work, 'temporal.toml');
  // A file without its one profile is none that envconfig reads.
  await writeFile(noProfile, '[profile.default]\n');
  let interrupted = false;
  // The verb that runs gets it too, and ends; what stands is still to be taken down.
  process.on('SIGINT', () => (interrupted = true));
  const named = Object.keys(process.env).filter((name) => name.startsWith('TEMPORAL_'));
  const env = {
    ...Object.fromEntries(named.map((name) => [name, undefined])),
    TEMPORAL_CONFIG_FILE: noProfile,
    XDG_STATE_HOME: work,
    HOLDFAST_BACKUP_IDENTITY: options.identityFile,
  };
  const run = async (args: readonly string[]): Promise<Ended> => {
    await appendFile(log, `\n$ holdfast ${args.join(' ')}\n`);
    const start = Date.now();
    const { exitCode, all } = await execa(process.execPath, [main, ...args], {
      env,
      all: true,
      reject: false,
      stdin: 'ignore',
      stdout: ['inherit', 'pipe'],
      stderr: ['inherit', 'pipe'],
    });
    await appendFile(log, `${all}\n`);
    const tail = all.split('\n').slice(-tailLines).join('\n');
    return { code: exitCode ?? 1, seconds: (Date.now() - start) / 1000, tail };
  };
  const { code, tail } = await run([
    'dev',
    '--port',
    String(await freePort()),
    '--ui-port',
    String(await freePort()),
  ]);
  if (code !== 0) {
    await run(['dev', '--stop']);
    throw new Error(`Temporal does not start (${work}):\n${tail}`);
  }
  return {
    run,
    interrupted: () => interrupted,
    hint: (name) =>
      console.log(
        `Left running. Look: XDG_STATE_HOME=${work} holdfast status ${name}\n` +
          `Take it away: XDG_STATE_HOME=${work} holdfast dev --stop; holdfast lab down ${name}; rm -r ${work}`,
      ),
  };
}

/** This very build. */
const main = workerProgram.args.at(-2) ?? '';

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });
}
