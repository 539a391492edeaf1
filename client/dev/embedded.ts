import { startEmbedded, embeddedStatus } from '../../worker/embedded/index.ts';
import { workerProgram } from './program.ts';

export interface Embedded {
  readonly address: string;
  readonly ui: string;
}

/** The Temporal that `holdfast dev` started, if it runs. */
export async function runningEmbedded(): Promise<Embedded | undefined> {
  const { server } = await embeddedStatus();
  return server.address && server.ui ? { address: server.address, ui: server.ui } : undefined;
}

export async function ensureEmbedded(say: (line: string) => void): Promise<Embedded> {
  return startEmbedded(workerProgram, { port: 7233, uiPort: 8233 }, say);
}
