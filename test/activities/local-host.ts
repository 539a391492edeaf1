import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { HostError } from '../../hosts/errors.ts';
import type { FakeAnswer } from '../../hosts/fake.ts';
import type { FileWanted, Host, JobSpec, JobState, RunOptions, RunResult } from '../../hosts/host.ts';
import { type ShellCommand, quote } from '../../hosts/shell.ts';

/**
 * A host whose commands run for real, on this machine, without root: every path under /var, /etc, /root and /run that
 * a step names stands below a folder of the test. What cannot run here (systemctl, kubectl) a test answers by `on`.
 */
export class LocalHost implements Host {
  readonly name: string;
  readonly root: string;
  readonly done: string[] = [];
  private readonly answers: { matcher: RegExp; answer: (command: string) => FakeAnswer }[] = [];
  private readonly hooks: { matcher: RegExp; hook: () => void }[] = [];
  private readonly running = new Map<string, number>();

  static async make(name: string): Promise<LocalHost> {
    return new LocalHost(name, await mkdtemp(join(tmpdir(), `holdfast-${name}-`)));
  }

  constructor(name: string, root: string) {
    this.name = name;
    this.root = root;
  }

  on(matcher: RegExp, answer: FakeAnswer | ((command: string) => FakeAnswer)): this {
    this.answers.unshift({ matcher, answer: typeof answer === 'function' ? answer : () => answer });
    return this;
  }

  /** What happens just before a command is run. */
  before(matcher: RegExp, hook: () => void): this {
    this.hooks.push({ matcher, hook });
    return this;
  }

  path(path: string): string {
    return path.replace(/^\/(?=(var|etc|root|run)\/)/, `${this.root}/`);
  }

  private text(command: string): string {
    return command
      .replace(/(?<![\w./^-])\/(?=(var|etc|root|run)\/)/g, `${this.root}/`)
      .replace(/\bcd \/ &&/g, `cd ${this.root} &&`)
      .replace(/tar -C \/ /g, `tar -C ${this.root} `);
  }

  async run(command: ShellCommand, options: RunOptions = {}): Promise<RunResult> {
    options.signal?.throwIfAborted();
    this.done.push(command.text);
    this.hooks.find(({ matcher }) => matcher.test(command.text))?.hook();
    const answer = this.answers.find(({ matcher }) => matcher.test(command.text))?.answer(command.text);
    if (answer instanceof Error) throw answer;
    const ran = answer
      ? { exitCode: answer.code ?? 0, stdout: answer.stdout ?? '', stderr: answer.stderr ?? '' }
      : await execa('sh', ['-c', this.text(command.text)], {
          reject: false,
          input: options.stdin ?? '',
          stripFinalNewline: false,
          maxBuffer: 256 * 1024 * 1024,
        });
    const result = { code: ran.exitCode ?? 255, stdout: String(ran.stdout), stderr: String(ran.stderr) };
    const ok = options.ok ?? [0];
    if (ok === 'any' || ok.includes(result.code)) return result;
    throw new HostError(
      'CommandFailed',
      this.name,
      `exit code ${result.code}: ${result.stderr.slice(-800)}`,
      {
        exitCode: result.code,
        next: 'look',
      },
    );
  }

  stream(): Promise<never> {
    return Promise.reject(new Error(`${this.name} streams nothing`));
  }

  hostKey(): Promise<string> {
    return Promise.reject(new Error(`${this.name} has no host key`));
  }

  readFile(path: string): Promise<Buffer | undefined> {
    const file = this.path(path);
    return Promise.resolve(existsSync(file) ? readFileSync(file) : undefined);
  }

  writeFile({ path, content, mode }: FileWanted): Promise<{ changed: boolean }> {
    const file = this.path(path);
    const wanted = Buffer.isBuffer(content) ? content : Buffer.from(content);
    if (!existsSync(dirname(file))) return Promise.reject(new Error(`${this.name}: no folder for ${path}`));
    if (existsSync(file) && readFileSync(file).equals(wanted)) return Promise.resolve({ changed: false });
    writeFileSync(file, wanted, { mode });
    this.done.push(`write ${path}`);
    return Promise.resolve({ changed: true });
  }

  startJob(job: JobSpec): Promise<{ started: boolean }> {
    const dir = this.path(job.dir);
    if (existsSync(join(dir, 'started'))) return Promise.resolve({ started: false });
    mkdirSync(join(dir, 'started'), { recursive: true });
    const env = Object.entries(job.env ?? {}).map(([name, value]) => `${name}=${quote(this.text(value))}`);
    const script = `cd ${quote(this.path(job.cwd ?? '/'))} && env ${env.join(' ')} sh -c ${quote(this.text(job.command.text))} > ${quote(dir)}/log 2>&1 < /dev/null; echo $? > ${quote(dir)}/rc`;
    const child = spawn('sh', ['-c', script], { detached: true, stdio: 'ignore' });
    this.running.set(job.name, child.pid as number);
    this.done.push(`start ${job.name}`);
    return Promise.resolve({ started: true });
  }

  readJob(name: string, dir: string, offset: number): Promise<JobState> {
    const at = (file: string) => join(this.path(dir), file);
    if (!existsSync(at('started'))) return Promise.resolve({ state: 'absent' });
    const log = existsSync(at('log')) ? readFileSync(at('log'), 'utf8').slice(offset) : '';
    const rc = existsSync(at('rc')) ? readFileSync(at('rc'), 'utf8').trim() : '';
    if (rc !== '') return Promise.resolve({ state: 'ended', rc: Number(rc), log, offset });
    return Promise.resolve({ state: this.running.has(name) ? 'running' : 'vanished', log, offset });
  }

  stopJob(name: string, dir: string): Promise<void> {
    this.kill(this.running.get(name));
    this.done.push(`stop ${name}`);
    if (existsSync(this.path(dir))) writeFileSync(join(this.path(dir), 'rc'), '143\n');
    return Promise.resolve();
  }

  remove(): void {
    for (const pid of this.running.values()) this.kill(pid);
    rmSync(this.root, { recursive: true, force: true });
  }

  private kill(pid: number | undefined): void {
    if (pid === undefined) return;
    try {
      process.kill(-pid, 'SIGKILL');
    } catch {
      // It has ended by itself.
    }
  }
}
