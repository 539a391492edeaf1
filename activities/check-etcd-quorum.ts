import { answering } from './answering.ts';
import { firstOf } from './backup-places.ts';
import { etcdctl } from './etcdctl.ts';
import { type StepBody, step } from './step.ts';

/** A linearizable read is answered by a member that has heard from a majority, and by no other. */
const body: StepBody<'check-etcd-quorum'> = async (call, { other, signal }) => {
  const live = await answering(call.etcd.map(other), signal);
  const member = await firstOf(
    live.map(({ name }) => name),
    other,
    async (etcd) => {
      await etcdctl(etcd, ['get', '/', '--limit=1', '--keys-only', '--consistency=l'], signal);
      return etcd.name;
    },
  );
  return { changed: false, summary: `etcd has its quorum: ${member} read through it` };
};

export const checkEtcdQuorum = step('check-etcd-quorum', body);
