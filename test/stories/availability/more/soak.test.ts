import { expect } from 'vitest';
import { answered } from '../../support/answered.ts';
import { availabilityStory } from '../../support/availability-story.ts';
import { failoverOf, kubectl } from '../../support/promotion.ts';
import type { StoryLab } from '../../support/story-lab.ts';

/** An hour, unless said otherwise. */
const minutes = Number(process.env.HOLDFAST_SOAK_MINUTES ?? 60);
/** Seconds within which the first round of the load is over. */
const begins = Math.min(300, minutes * 60);
const namespace = 'story-soak';
const unit = 'holdfast-story-soak';
const node = 'worker-2';

/** Nothing is broken while the cluster works: whatever failover says of it meanwhile is a false alarm. */
availabilityStory({
  story: 'soak',
  minutes: minutes + 10,
  body: async (lab, run) => {
    const begun = new Date().toISOString();
    try {
      await run.fault('load, and nothing broken', () => load(lab));
      // An hour of a load that never began says nothing.
      await run.wait(begins);
      await lab.on('bastion-1', `test -s /run/${unit}`);
      await run.wait(minutes * 60 - begins);
      await lab.on('bastion-1', `systemctl is-active ${unit}`);
    } finally {
      await lab.on('bastion-1', `systemctl stop ${unit}`);
    }
    const status = await failoverOf(lab);
    const since = status?.events.filter(({ at }) => at >= begun);
    run.figures.alarms = since?.length ?? Infinity;
    run.figures.rounds = Number(await lab.on('bastion-1', `cat /run/${unit}`));
    console.log(JSON.stringify(since, null, 1));
    expect(run.figures.rounds).toBeGreaterThan(minutes);
    expect(status).toMatchObject({ promoted: [], degraded: [] });
  },
  afterwards: async ({ on, name }) => {
    await answered(
      on,
      'bastion-1',
      `${kubectl(name)} delete namespace ${namespace} --ignore-not-found --wait=false`,
    );
  },
});

/** Pods that come and go, and 50 objects of 10 kB that are written anew, round after round; one that fails is tried again. */
async function load({ on, name, cluster }: StoryLab): Promise<void> {
  const run = kubectl(name);
  const pods = 2 * cluster.hosts.filter(({ roles }) => roles.includes('worker')).length;
  const script = `round=0
while :; do
  filler=$(head -c 7500 /dev/urandom | base64 -w0)
  for n in $(seq 50); do
    printf '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"filler-%s","namespace":"${namespace}"},"data":{"filler":"%s"}}\\n' $n "$filler"
  done | ${run} apply --server-side --force-conflicts -f - > /dev/null || continue
  ${run} -n ${namespace} scale deployment load --replicas=${pods} > /dev/null || continue
  ${run} -n ${namespace} rollout status deployment load --timeout=60s > /dev/null || continue
  ${run} -n ${namespace} scale deployment load --replicas=0 > /dev/null || continue
  round=$((round + 1)); echo $round > /run/${unit}
  sleep 5
done
`;
  await on(
    'bastion-1',
    `image=$(${run} get node ${node} -o jsonpath='{.status.images[*].names[*]}' | tr ' ' '\\n' | grep -m1 /pause:)
rm -f /run/${unit}
${run} delete namespace ${namespace} --ignore-not-found --timeout=180s > /dev/null
${run} create namespace ${namespace} --dry-run=client -o json | ${run} apply -f - > /dev/null
${run} -n ${namespace} create deployment load --image=$image --replicas=0 --dry-run=client -o json | ${run} apply -f - > /dev/null
cat > /run/${unit}.sh <<'END'
${script}END
systemd-run --quiet --collect --unit=${unit} bash /run/${unit}.sh`,
  );
}
