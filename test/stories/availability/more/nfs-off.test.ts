import { expect } from 'vitest';
import { answered } from '../../support/answered.ts';
import { availabilityStory } from '../../support/availability-story.ts';
import { unhurried, until } from '../../support/holdfast.ts';
import { failoverOf, kubectl } from '../../support/promotion.ts';
import type { StoryLab } from '../../support/story-lab.ts';

const namespace = 'story-nfs';
const server = 'nfs-ganesha.service';
const node = 'worker-2';
const says = 'the NFS server does not answer';

/** The NFS server is stopped for two minutes while a pod's volume is written to every second. */
availabilityStory({
  story: 'nfs-off',
  body: async (lab, run) => {
    const { on } = lab;
    const begun = new Date().toISOString();
    const pod = await podWithVolume(lab);
    await write(lab, pod);
    try {
      await run.fault('the NFS server stopped', () => on('bastion-1', `systemctl stop ${server}`));
      await until(
        'status names the NFS server',
        2,
        () => failoverOf(lab),
        (status) => status?.degraded.some((words) => words.includes(says)) === true,
      );
      run.figures.named = run.seconds;
      await run.wait(Math.max(0, 120 - run.seconds));
    } finally {
      await run.restored(() => on('bastion-1', `systemctl start ${server}`));
    }
    const well = await until(
      'all is well again',
      3,
      () => failoverOf(lab),
      (status) => status?.degraded.length === 0,
      unhurried,
    );
    const since = well?.events.filter(({ at }) => at >= begun) ?? [];
    expect(since.filter(({ what }) => /promotion|heal/.test(what))).toEqual([]);
    expect(well?.promoted).toEqual([]);
    // Every line that was said to be written is there, in order, and the writer never got an error.
    const written = await until(
      'the writer has ended',
      4,
      () => on(node, `cat ${result} 2> /dev/null || true`),
      (text) => text.trim() !== '',
    );
    expect(written.trim()).toBe(`${lines} lines`);
    const volume = await on(node, `cat ${mountOf(pod)}/lines`);
    expect(volume.trim().split('\n').map(Number)).toEqual(Array.from({ length: lines }, (_, n) => n + 1));
    expect(await podIn(lab)).toEqual(pod);
  },
  afterwards: async ({ on, name }) => {
    await answered(
      on,
      'bastion-1',
      `${kubectl(name)} delete namespace ${namespace} --ignore-not-found --wait=false`,
    );
  },
});

/** One a second where the server answers: enough to last over its absence and its grace period. */
const lines = 60;
const result = '/run/holdfast-story-nfs';

interface Pod {
  readonly uid: string;
  readonly restarts: string;
  readonly volume: string;
}

const mountOf = ({ uid, volume }: Pod) => `/var/lib/kubelet/pods/${uid}/volumes/kubernetes.io~nfs/${volume}`;

async function podWithVolume(lab: StoryLab): Promise<Pod> {
  const run = kubectl(lab.name);
  await lab.on(
    'bastion-1',
    `image=$(${run} get node ${node} -o jsonpath='{.status.images[*].names[*]}' | tr ' ' '\\n' | grep -m1 /pause:)
${run} delete namespace ${namespace} --ignore-not-found --timeout=120s > /dev/null
${run} create namespace ${namespace} > /dev/null
${run} -n ${namespace} apply -f - > /dev/null <<END
{"apiVersion":"v1","kind":"List","items":[
{"apiVersion":"v1","kind":"PersistentVolumeClaim","metadata":{"name":"claim"},"spec":{"accessModes":["ReadWriteMany"],"storageClassName":"${lab.cluster.storage?.nfs.storageClass}","resources":{"requests":{"storage":"1Mi"}}}},
{"apiVersion":"v1","kind":"Pod","metadata":{"name":"pod"},"spec":{"nodeSelector":{"kubernetes.io/hostname":"${node}"},"containers":[{"name":"wait","image":"$image","volumeMounts":[{"name":"data","mountPath":"/data"}]}],"volumes":[{"name":"data","persistentVolumeClaim":{"claimName":"claim"}}]}}]}
END
${run} -n ${namespace} wait --for=condition=Ready --timeout=120s pod/pod > /dev/null`,
  );
  return podIn(lab);
}

async function podIn(lab: StoryLab): Promise<Pod> {
  const path = '{.metadata.uid} {.status.containerStatuses[0].restartCount}';
  const run = `${kubectl(lab.name)} -n ${namespace} get`;
  const said = await answered(
    lab.on,
    'bastion-1',
    `${run} pod pod -o jsonpath='${path} '; ${run} pvc claim -o jsonpath='{.spec.volumeName}'`,
  );
  const [uid = '', restarts = '', volume = ''] = said.trim().split(' ');
  return { uid, restarts, volume };
}

/** Writes into the pod's volume by its own mount, each line to the disk before the next; says at last how it ended. */
async function write({ on }: StoryLab, pod: Pod): Promise<void> {
  const script = `rm -f ${result}; cd ${mountOf(pod)} || exit
for n in $(seq ${lines}); do
  echo $n >> lines && sync lines || { echo "an error at line $n" > ${result}; exit 1; }
  sleep 1
done
echo "${lines} lines" > ${result}`;
  await on(node, `systemd-run --quiet --collect --unit=holdfast-story-nfs bash -c '${script}'`);
  await until(
    'the writer writes',
    2,
    () => on(node, `cat ${mountOf(pod)}/lines 2> /dev/null || true`),
    (text) => text.includes('2'),
  );
}
