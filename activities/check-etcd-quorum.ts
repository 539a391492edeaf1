import { answering } from './answering.ts';
import { firstOf } from './backup-places.ts';
import { etcdctl, linearizableRead } from './etcdctl.ts';
import { type StepBody, step } from './step.ts';

/** Asked of one member after the other, until one reads through a majority. */
const body: StepBody<'check-etcd-quorum'> = async (call, { other, signal }) => {
  const live = await answering(call.etcd.map(other), signal);
  const member = await firstOf(
    live.map(({ name }) => name),
    other,
    async (etcd) => {
      await etcdctl(etcd, linearizableRead, signal);
      return etcd.name;
    },
  );
  return { changed: false, summary: `etcd has its quorum: ${member} read through it` };
};

export const checkEtcdQuorum = step('check-etcd-quorum', body);
