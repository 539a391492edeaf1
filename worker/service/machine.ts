import { constants } from 'node:fs';
import { chmod, copyFile, mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { dirname, join } from 'node:path';
import { execa } from 'execa';

export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** This machine, as far as a service's units need it. */
export interface Machine {
  /** undefined: there is no such file. */
  readonly read: (path: string) => Promise<Buffer | undefined>;
  /** Whole or not at all; owned by root. */
  readonly write: (path: string, content: string, mode: number) => Promise<void>;
  readonly copy: (from: string, to: string, mode: number) => Promise<void>;
  readonly remove: (path: string) => Promise<void>;
  /** Files in a folder with their bytes, by name; none where there is no such folder. */
  readonly list: (folder: string) => Promise<readonly { readonly name: string; readonly bytes: number }[]>;
  readonly run: (command: string, args: readonly string[]) => Promise<Ran>;
  /** Something listens on that port of loopback. */
  readonly answers: (port: number) => Promise<boolean>;
}

/** `root`: a folder that stands for `/` in the paths of files. */
export function thisMachine(root = ''): Machine {
  const at = (path: string): string => join(root || '/', path);
  /** Beside its place first, so that the last step is one rename. */
  const place = async (
    path: string,
    mode: number,
    make: (scratch: string) => Promise<void>,
  ): Promise<void> => {
    await mkdir(dirname(at(path)), { recursive: true, mode: 0o755 });
    const scratch = `${at(path)}.${process.pid}.part`;
    await make(scratch);
    await chmod(scratch, mode);
    await rename(scratch, at(path));
  };
  return {
    read: (path) => readFile(at(path)).catch(unlessMissing(undefined)),
    write: (path, content, mode) => place(path, mode, (scratch) => writeFile(scratch, content)),
    copy: (from, to, mode) =>
      place(to, mode, (scratch) => copyFile(from, scratch, constants.COPYFILE_FICLONE)),
    remove: (path) => rm(at(path), { recursive: true, force: true }),
    list: async (folder) => {
      const names = await readdir(at(folder)).catch(unlessMissing<string[]>([]));
      const sizes = names
        .sort()
        .map(async (name) => ({ name, bytes: (await stat(at(`${folder}/${name}`))).size }));
      return Promise.all(sizes);
    },
    run: async (command, args) => {
      const ended = await execa(command, args, { reject: false, stdin: 'ignore', timeout: 180_000 });
      const why = ended.exitCode === undefined ? (ended.shortMessage ?? 'it did not run') : '';
      return { code: ended.exitCode ?? -1, stdout: ended.stdout, stderr: ended.stderr || why };
    },
    answers: (port) =>
      new Promise((resolve) => {
        const socket = connect({ port, host: '127.0.0.1' });
        socket.once('connect', () => (socket.destroy(), resolve(true)));
        socket.once('error', () => resolve(false));
      }),
  };
}

function unlessMissing<T>(otherwise: T): (error: NodeJS.ErrnoException) => T {
  return (error) => {
    if (error.code === 'ENOENT') return otherwise;
    throw error;
  };
}
