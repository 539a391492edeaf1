import { open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

/** A moment when this machine, which all lab hosts share, stood still. */
export interface MachineStall {
  readonly at: number;
  readonly ms: number;
  readonly of: 'processor' | 'disk';
}

const tick = 20;
/** What counts: a processor that came this much too late, a disk that took this long for a small write (etcd waits for those). */
const late = { processor: 100, disk: 500 } as const;

/** Watches the machine itself while it runs: what is measured beside a stall says nothing of the cluster. */
export class Machine {
  readonly stalls: MachineStall[] = [];
  private running = true;
  private readonly ended: Promise<unknown>;

  constructor(folder: string) {
    this.ended = Promise.all([this.processor(), this.disk(join(folder, `disk-${process.pid}`))]);
  }

  async stop(): Promise<readonly MachineStall[]> {
    this.running = false;
    await this.ended;
    return this.stalls;
  }

  private async processor(): Promise<void> {
    while (this.running) {
      const before = performance.now();
      await pause(tick);
      this.note('processor', performance.now() - before - tick);
    }
  }

  private async disk(file: string): Promise<void> {
    const handle = await open(file, 'w');
    while (this.running) {
      const before = performance.now();
      await handle.write('x'.repeat(4096), 0);
      await handle.datasync();
      this.note('disk', performance.now() - before);
      await pause(250);
    }
    await handle.close();
    await rm(file, { force: true });
  }

  private note(of: MachineStall['of'], ms: number): void {
    if (ms > late[of]) this.stalls.push({ at: Date.now() - ms, ms: Math.round(ms), of });
  }
}
