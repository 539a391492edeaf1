import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Machine, type Ran, thisMachine } from '../../../worker/service/machine.ts';
import { unitFolder } from '../../../worker/service/paths.ts';
import { unitNames } from '../../../worker/service/units.ts';

interface UnitThere {
  active: 'active' | 'inactive' | 'failed';
  enabled: boolean;
  result: string;
}

/**
 * A machine with systemd and users of its own; its files are real ones below a folder. Strict: what it does not know,
 * and what systemd would refuse, fails.
 */
export class FakeMachine implements Machine {
  readonly users = new Set(['root']);
  readonly units = new Map<string, UnitThere>();
  /** What was run that changes something, in order. */
  readonly did: string[] = [];
  /** Ports of loopback that something listens on. */
  readonly taken = new Set<number>();
  /** Units that end as soon as they are started. */
  readonly broken = new Set<string>();
  /** Programs that a user other than root may not run. */
  readonly closed = new Set<string>();
  readonly root: string;
  /** A program that stands for Temporal's. */
  readonly temporal: string;
  readonly read: Machine['read'];
  readonly write: Machine['write'];
  readonly copy: Machine['copy'];
  readonly remove: Machine['remove'];
  readonly list: Machine['list'];
  #loaded = new Map<string, string>();

  private constructor(folder: string) {
    this.root = join(folder, 'root');
    this.temporal = join(folder, 'temporal');
    ({
      read: this.read,
      write: this.write,
      copy: this.copy,
      remove: this.remove,
      list: this.list,
    } = thisMachine(this.root));
  }

  static async make(): Promise<FakeMachine> {
    const folder = await mkdtemp(join(tmpdir(), 'holdfast-machine-'));
    await writeFile(join(folder, 'temporal'), 'version 1');
    return new FakeMachine(folder);
  }

  delete = (): Promise<void> => rm(join(this.root, '..'), { recursive: true, force: true });
  answers = (port: number): Promise<boolean> => Promise.resolve(this.taken.has(port));
  text = async (path: string): Promise<string | undefined> => (await this.read(path))?.toString();

  run = async (command: string, args: readonly string[]): Promise<Ran> => {
    const line = [command, ...args].join(' ');
    if (command === 'id') return this.users.has(args[1] ?? '') ? ok('999') : failed('no such user');
    if (command === 'journalctl') return ok(`journal of ${args[1]}`);
    if (command === 'systemctl' && args[0] === 'show') return ok(this.#show(args[3] ?? ''));
    this.did.push(line);
    if (command === 'useradd') this.users.add(args.at(-1) ?? '');
    else if (command === 'runuser') return this.#runuser(args);
    else if (command === 'systemctl') return this.#systemctl(args);
    else throw new Error(`the fake machine does not know: ${line}`);
    return ok('');
  };

  #runuser([dashU, user = '', dashes, ...program]: readonly string[]): Ran {
    if (dashU !== '-u' || dashes !== '--' || !this.users.has(user)) throw new Error(`runuser: ${user}`);
    const shut = program.find((word) => this.closed.has(word));
    return shut ? { code: 1, stdout: '', stderr: `${shut}: Permission denied` } : ok('');
  }

  async #systemctl([verb, ...rest]: readonly string[]): Promise<Ran> {
    if (verb === 'daemon-reload') {
      this.#loaded = new Map();
      for (const name of unitNames) {
        const text = await this.text(`${unitFolder}/${name}`);
        if (text !== undefined) this.#loaded.set(name, text);
        else if (this.units.get(name)?.active !== 'active') this.units.delete(name);
      }
      return ok('');
    }
    const name = rest.at(-1) ?? '';
    if (!this.#loaded.has(name)) return failed(`Unit ${name} not found.`);
    if (this.#loaded.get(name) !== (await this.text(`${unitFolder}/${name}`)))
      return failed(`${name} changed on disk: daemon-reload`);
    const unit = this.units.get(name) ?? { active: 'inactive', enabled: false, result: 'success' };
    this.units.set(name, unit);
    const flags = rest.slice(0, -1).join(' ');
    if (verb === 'enable' && flags === '--quiet') unit.enabled = true;
    else if (verb === 'disable' && flags === '--quiet --now')
      Object.assign(unit, { enabled: false, active: 'inactive' });
    else if ((verb === 'start' || verb === 'restart') && flags === '') {
      if (this.broken.has(name)) Object.assign(unit, { active: 'failed', result: 'exit-code' });
      else unit.active = 'active';
      if (unit.active === 'failed') return failed(`Job for ${name} failed.`);
    } else throw new Error(`the fake systemctl does not know: ${verb} ${rest.join(' ')}`);
    return ok('');
  }

  #show(name: string): string {
    const unit = this.units.get(name);
    const isThere = unit !== undefined || this.#loaded.has(name);
    // In another order than asked for, as systemd does.
    return [
      `Result=${unit?.result ?? 'success'}`,
      `ActiveState=${unit?.active ?? 'inactive'}`,
      'StateChangeTimestamp=Wed 2026-11-25 02:08:04 UTC',
      `UnitFileState=${isThere ? (unit?.enabled ? 'enabled' : name === 'holdfast-backup.service' ? 'static' : 'disabled') : ''}`,
    ].join('\n');
  }
}

const ok = (stdout: string): Ran => ({ code: 0, stdout, stderr: '' });
const failed = (stderr: string): Ran => ({ code: 1, stdout: '', stderr });
