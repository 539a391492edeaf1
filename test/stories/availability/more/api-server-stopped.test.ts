import { availabilityStory } from '../../support/availability-story.ts';

/** What looks like a process that hangs: the port is open, and nothing answers. Failover or the kubelet starts it again. */
availabilityStory({
  story: 'api-server-stopped',
  body: async (lab, run) => {
    await lab.on('master-2', 'true');
    await run.fault('the API server of master-2 stopped (SIGSTOP)', () =>
      lab.on('master-2', 'pkill -STOP -x kube-apiserver'),
    );
    await run.wait(20);
    await run.restored(() => lab.on('master-2', 'pkill -CONT -x kube-apiserver || true'));
    await run.wait(20);
  },
});
