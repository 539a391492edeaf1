import { HostError } from './errors.ts';
import { abortReason } from './limiter.ts';
import type { FileWanted, Host, Hosts, JobSpec, JobState, RunOptions, RunResult } from './host.ts';

/** What a faked command answers; an Error is thrown. `open`: a streaming one goes on after that, until it is aborted. */
export type FakeAnswer = { code?: number; stdout?: string; stderr?: string; open?: true } | Error;
export type FakeMatcher = string | RegExp | ((command: string, options: RunOptions) => boolean);
type Answering = FakeAnswer | ((command: string, options: RunOptions) => FakeAnswer);

export interface FakeFile {
  content: string;
  mode?: number;
  owner?: string;
}

/** A host that knows only what a test told it: anything else throws, so a test cannot pass by accident. */
export interface FakeHost extends Host {
  /** The next command not yet expected must match (a string: the whole command) and gets this answer. In order. */
  expect(matcher: FakeMatcher, answer?: Answering): FakeHost;
  /** Answers whenever it matches and no `expect` is left; any number of times, the newest first. */
  on(matcher: FakeMatcher, answer?: Answering): FakeHost;
  /** A file that may be read and written; undefined: it may, and is not there yet. */
  file(path: string, content: string | undefined, attributes?: { mode?: number; owner?: string }): FakeHost;
  /** States that `readJob` gives one after another; the last one stays. Absent states: `startJob` starts it. */
  job(name: string, states: readonly JobState[]): FakeHost;
  /** Content of a file now. */
  content(path: string): string | undefined;
  /** Commands run, files changed (`write PATH`), jobs (`start NAME`, `stop NAME`), in order. */
  readonly done: readonly string[];
  /** Stdin of each command that got some, in order. */
  readonly stdins: readonly string[];
  readonly jobs: readonly JobSpec[];
  /** Throws when something expected has not happened. */
  verify(): void;
}

export function fakeHost(name: string): FakeHost {
  const expected: { matcher: FakeMatcher; answer: Answering }[] = [];
  const always: { matcher: FakeMatcher; answer: Answering }[] = [];
  const files = new Map<string, FakeFile | undefined>();
  const states = new Map<string, JobState[]>();
  const done: string[] = [];
  const stdins: string[] = [];
  const jobs: JobSpec[] = [];

  const unexpected = (what: string): never => {
    const next = expected[0] ? `; expected next: ${String(expected[0].matcher)}` : '';
    throw new Error(`${name}: the fake does not know: ${what}${next}`);
  };

  const answerTo = (command: string, options: RunOptions): FakeAnswer => {
    const first = expected[0];
    const entry =
      first && matches(first.matcher, command, options)
        ? expected.shift()
        : always.find((one) => matches(one.matcher, command, options));
    if (!entry) return unexpected(command);
    return typeof entry.answer === 'function' ? entry.answer(command, options) : entry.answer;
  };

  const known = (path: string): FakeFile | undefined =>
    files.has(path) ? files.get(path) : unexpected(`the file ${path}`);

  const asked = (command: string, options: RunOptions): FakeAnswer => {
    options.signal?.throwIfAborted();
    done.push(command);
    if (options.stdin !== undefined) stdins.push(options.stdin.toString());
    return answerTo(command, options);
  };

  const host: FakeHost = {
    name,
    done,
    stdins,
    jobs,
    expect: (matcher, answer = {}) => (expected.push({ matcher, answer }), host),
    on: (matcher, answer = {}) => (always.unshift({ matcher, answer }), host),
    file: (path, content, attributes = {}) => (
      files.set(path, content === undefined ? undefined : { content, ...attributes }),
      host
    ),
    job: (job, list) => (states.set(job, [...list]), host),
    content: (path) => known(path)?.content,
    verify: () => {
      if (expected.length > 0)
        throw new Error(`${name}: never happened: ${expected.map((one) => String(one.matcher)).join(' · ')}`);
    },
    run: (command, options = {}) =>
      settle(() => judge(name, command.text, asked(command.text, options), options)),
    stream: async (command, onLine, options = {}) => {
      const answer = await settle(() => asked(command.text, options));
      const { code, stdout, stderr } = judge(name, command.text, answer, { ok: 'any' });
      for (const line of stdout.split('\n').slice(0, -1)) onLine(line);
      if (!(answer instanceof Error) && answer.open) await untilAborted(options.signal);
      return { code, tail: stderr.trim() };
    },
    hostKey: () => Promise.resolve(`ssh-ed25519 key-of-${name}`),
    readFile: (path) =>
      settle(() => {
        const file = known(path);
        return file && Buffer.from(file.content);
      }),
    writeFile: (file) =>
      settle(() => {
        if (same(known(file.path), file)) return { changed: false };
        const owner = ownerOf(file);
        const content = file.content.toString();
        files.set(file.path, { content, mode: file.mode, ...(owner === undefined ? {} : { owner }) });
        done.push(`write ${file.path}`);
        return { changed: true };
      }),
    startJob: (job) =>
      settle(() => {
        const list = states.get(job.name) ?? unexpected(`the job ${job.name}`);
        jobs.push(job);
        if (list[0]?.state !== 'absent') return { started: false };
        list.shift();
        done.push(`start ${job.name}`);
        return { started: true };
      }),
    readJob: (job) =>
      settle(() => {
        const list = states.get(job) ?? unexpected(`the job ${job}`);
        const state = list.length > 1 ? list.shift() : list[0];
        return state ?? unexpected(`a state of the job ${job}`);
      }),
    stopJob: (job) =>
      settle(() => {
        if (!states.has(job)) unexpected(`the job ${job}`);
        done.push(`stop ${job}`);
      }),
  };
  return host;
}

/** Hands out fakes by name, and refuses every other. */
export function fakeHosts(...fakes: readonly FakeHost[]): Hosts {
  return {
    host: (target) => {
      const fake = fakes.find((one) => one.name === target.name);
      if (!fake) throw new Error(`no fake for the host ${target.name}`);
      return fake;
    },
    close: () => Promise.resolve(),
  };
}

/** Throws become rejections, as over SSH. */
async function settle<T>(body: () => T): Promise<T> {
  await Promise.resolve();
  return body();
}

function untilAborted(signal: AbortSignal | undefined): Promise<never> {
  return new Promise((_, reject) => {
    const leave = () => reject(abortReason(signal));
    if (signal?.aborted) leave();
    else signal?.addEventListener('abort', leave, { once: true });
  });
}

function matches(matcher: FakeMatcher, command: string, options: RunOptions): boolean {
  if (typeof matcher === 'function') return matcher(command, options);
  return typeof matcher === 'string' ? matcher === command : matcher.test(command);
}

function judge(name: string, command: string, answer: FakeAnswer, options: RunOptions): RunResult {
  if (answer instanceof Error) throw answer;
  const { code = 0, stdout = '', stderr = '' } = answer;
  const ok = options.ok ?? [0];
  if (ok === 'any' || ok.includes(code)) return { code, stdout, stderr };
  throw new HostError('CommandFailed', name, `exit code ${code}: ${stderr.trim()}`, {
    command: options.secret ? '(not shown)' : command,
    exitCode: code,
    tail: `${options.secret ? '' : stdout}${stderr}`.trim(),
    next: 'a real host would say what to do',
  });
}

function same(file: FakeFile | undefined, wanted: FileWanted): boolean {
  return (
    file !== undefined &&
    file.content === wanted.content.toString() &&
    (file.mode ?? 0o644) === wanted.mode &&
    (ownerOf(wanted) === undefined || (file.owner ?? 'root:root') === ownerOf(wanted))
  );
}

function ownerOf(wanted: FileWanted): string | undefined {
  return wanted.owner ?? (wanted.sudo ? 'root:root' : undefined);
}
