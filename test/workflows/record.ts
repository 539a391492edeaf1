import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { findProgram, temporalProgram } from '../../worker/embedded/find-program.ts';
import { hostChangeId } from '../../workflows/contract.ts';
import type { Story } from './world.ts';

export const historiesFolder = join(import.meta.dirname, 'histories');

/**
 * With RECORD_HISTORIES=1, keeps the histories of a change and of its hosts as fixtures: code that can no longer replay
 * them would break changes under way. Record anew only what is recorded under a new name, or with `patched()` in place.
 */
export async function record(change: Story, name: string, hosts: readonly string[]): Promise<void> {
  await recordRun(change.env, name, change.handle.workflowId);
  for (const host of hosts)
    await recordRun(change.env, `${name}.${host}`, hostChangeId(change.cluster, host));
}

/** The same for one workflow. */
export async function recordRun(
  { address }: { readonly address: string },
  name: string,
  workflowId: string,
): Promise<void> {
  if (process.env.RECORD_HISTORIES !== '1') return;
  await mkdir(historiesFolder, { recursive: true });
  const temporal = await findProgram(temporalProgram);
  const show = ['workflow', 'show', '--workflow-id', workflowId, '--output', 'json'];
  const { stdout } = await execa(temporal, [...show, '--address', address]);
  await writeFile(
    join(historiesFolder, `${name}.json`),
    JSON.stringify({ workflowId, history: JSON.parse(stdout) as unknown }, withoutStacks),
  );
}

/** They name folders of the machine that recorded, and no replay reads them. */
const withoutStacks = (key: string, value: unknown): unknown => (key === 'stackTrace' ? undefined : value);
