import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { listening, startSshd } from '../hosts/sshd.ts';
import type { TestSshd } from '../hosts/sshd.ts';

/** Hosts with addresses of their own: network namespaces on a bridge, a real sshd in each. Takes root. */
export class Namespaces {
  readonly sshds: TestSshd[] = [];
  private readonly id = `hf${process.pid % 100000}`;
  private readonly names: readonly string[];
  /** The first three numbers of all addresses. */
  private readonly net: string;

  constructor(names: readonly string[], second: number) {
    this.names = names;
    this.net = `10.${second}.${process.pid % 250}`;
  }

  static get possible(): boolean {
    const id = `hf${process.pid % 100000}x`;
    return process.getuid?.() === 0 && works('ip', 'netns', 'add', id) && works('ip', 'netns', 'del', id);
  }

  /** This machine's own on the bridge. */
  get outside(): string {
    return `${this.net}.254`;
  }

  address(i: number): string {
    return `${this.net}.${i + 1}`;
  }

  async start(): Promise<void> {
    const { id } = this;
    ip('link', 'add', `${id}b`, 'type', 'bridge');
    ip('addr', 'add', `${this.outside}/24`, 'dev', `${id}b`);
    ip('link', 'set', `${id}b`, 'up');
    for (const [i, name] of this.names.entries()) {
      const space = `${id}n${i}`;
      ip('netns', 'add', space);
      ip('link', 'add', `${id}v${i}`, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', space);
      ip('link', 'set', `${id}v${i}`, 'master', `${id}b`, 'up');
      ip('-n', space, 'addr', 'add', `${this.address(i)}/24`, 'dev', 'eth0');
      ip('-n', space, 'link', 'set', 'eth0', 'up');
      ip('-n', space, 'link', 'set', 'lo', 'up');
      const through = ['ip', 'netns', 'exec', space];
      this.sshds.push(await startSshd({ name, address: this.address(i), port: 22, through }));
      await listening(this.address(i), 22);
    }
  }

  inside(i: number, ...command: string[]): string {
    return execFileSync('ip', ['netns', 'exec', `${this.id}n${i}`, ...command]).toString();
  }

  spawn(i: number, ...command: string[]): ChildProcess {
    return spawn('ip', ['netns', 'exec', `${this.id}n${i}`, ...command]);
  }

  async stop(): Promise<void> {
    for (const sshd of this.sshds) await sshd.stop();
    for (const i of this.names.keys()) works('ip', 'netns', 'del', `${this.id}n${i}`);
    works('ip', 'link', 'del', `${this.id}b`);
  }
}

function ip(...args: string[]): void {
  execFileSync('ip', args);
}

function works(program: string, ...args: string[]): boolean {
  try {
    execFileSync(program, args, { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
