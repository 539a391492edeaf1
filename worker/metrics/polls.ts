/**
 * Whether the worker whose metrics are served at `address` polls, or tries to: one that has lost Temporal finds it
 * again by itself, and to start it anew would help nobody.
 */
export async function polls(address: string): Promise<boolean> {
  try {
    const answer = await fetch(`http://${address}/metrics`, { signal: AbortSignal.timeout(3000) });
    const text = await answer.text();
    return answer.ok && ['workflow_task', 'activity_task'].every((type) => pollersOf(text, type) > 0);
  } catch {
    return false;
  }
}

/** Pollers of one type in Prometheus' text. */
export function pollersOf(text: string, type: string): number {
  return text
    .split('\n')
    .filter((line) => line.startsWith('temporal_num_pollers{') && line.includes(`poller_type="${type}"`))
    .reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
}
