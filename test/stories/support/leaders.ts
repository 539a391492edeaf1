import { expect } from 'vitest';
import { until } from './holdfast.ts';
import type { StoryLab } from './story-lab.ts';

/** Ports at which controller-manager and scheduler tell their metrics, each on its own host alone. */
const components = { 'kube-controller-manager': 10257, 'kube-scheduler': 10259 } as const;

/** Of controller-manager and scheduler, one each leads among these hosts by its own word, and never two at once. */
export async function expectOneLeaderEach(lab: StoryLab, hosts: readonly string[]): Promise<void> {
  for (const [component, port] of Object.entries(components))
    await until(
      `one ${component} leads`,
      2,
      async () => {
        const answers = await Promise.all(hosts.map((host) => leads(lab, host, component, port)));
        const leaders = hosts.filter((_, n) => answers[n]);
        expect(leaders.length, `${component} leads on ${leaders.join(' and ')}`).toBeLessThanOrEqual(1);
        return leaders;
      },
      (leaders) => leaders.length === 1,
    );
}

/** One that does not answer yet, as it does not run yet, leads nothing. */
async function leads({ on }: StoryLab, host: string, component: string, port: number): Promise<boolean> {
  const ask = `kubectl --kubeconfig /etc/kubernetes/admin.conf --server https://127.0.0.1:${port} --insecure-skip-tls-verify --request-timeout=5s get --raw /metrics`;
  const said = await on(
    host,
    `PATH=$PATH:/usr/local/bin; ${ask} 2> /dev/null | grep '^leader_election_master_status{name="${component}"}' || true`,
  );
  return said.trim().endsWith(' 1');
}
