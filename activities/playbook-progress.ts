import type { PlaybookProgress } from '../cluster/status.ts';
import { redact } from '../hosts/redact.ts';

export interface Trouble {
  readonly host: string;
  readonly task: string;
  readonly message: string;
}

/** What the lines of holdfast_progress.py add up to. Unknown events are passed over: a newer plugin may write more. */
export class PlaybookEvents {
  private total = 0;
  private done = 0;
  private task = '';
  private play = '';
  private complete = false;
  private readonly secrets: readonly string[];
  private readonly open = new Set<string>();
  private readonly last = new Map<string, Trouble>();
  private readonly recap = new Map<string, boolean>();

  constructor(secrets: readonly string[] = []) {
    this.secrets = secrets;
  }

  /** One line of JSON. */
  add(line: string): void {
    const event = parse(line);
    if (!event) return;
    const text = (key: string) => {
      const value = event[key];
      return redact(typeof value === 'string' ? value : '', this.secrets);
    };
    const number = (key: string) => Number(event[key] ?? 0);
    switch (event['event']) {
      case 'start':
        // The next playbook of the job: what the one before came to is no word about it.
        this.total = number('total');
        this.done = 0;
        this.complete = false;
        this.recap.clear();
        this.open.clear();
        break;
      case 'play':
        this.done = number('done');
        this.play = text('play');
        break;
      case 'task':
        this.done = number('done');
        this.task = text('name');
        this.play = text('play');
        break;
      case 'failed':
      case 'unreachable':
        this.last.set(text('host'), { host: text('host'), task: text('task'), message: text('msg') });
        if (event['rescuable'] !== true) this.open.add(text('host'));
        break;
      case 'host':
        this.recap.set(text('host'), number('failed') === 0 && number('unreachable') === 0);
        break;
      case 'recap':
        this.complete = number('hosts') === this.recap.size;
        break;
    }
  }

  progress(): PlaybookProgress {
    const { done, total, task, play } = this;
    return { done, total, task, play, failedHosts: this.failedHosts() };
  }

  /** Hosts that failed, with what they said last. The recap decides where there is one: a failure may have been rescued. */
  troubles(): readonly Trouble[] {
    return this.failedHosts().map(
      (host) => this.last.get(host) ?? { host, task: 'an unknown task', message: 'it left no message' },
    );
  }

  /** Hosts of these that a whole recap does not name as having come through. */
  unproven(expected: readonly string[]): readonly string[] {
    return expected.filter((host) => !this.complete || this.recap.get(host) !== true);
  }

  private failedHosts(): readonly string[] {
    if (!this.complete) return [...this.open].sort();
    return [...this.recap].filter(([, well]) => !well).map(([host]) => host);
  }
}

function parse(line: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
