import { type StepBody, notYet, step } from './step.ts';
import { scriptsOf } from './drill/breakages.ts';
import { drillFolder, mark } from './drill/marks.ts';
import { restoreUnit } from './drill/restore-unit.ts';
import { fireTimer } from './own-timer.ts';

/**
 * Has the host's own timer fire now, and looks. A host that is silent to all is not reached before its timer has fired
 * by itself: the attempts go on until then.
 */
const body: StepBody<'put-back'> = async (call, { host, other, signal }) => {
  const bastion = other(call.bastion);
  await mark(bastion, drillFolder(call.cluster, call.change), `back-${host.name}`, signal);
  const scripts = await scriptsOf(host, call.breakage, signal);
  const isBroken = async () =>
    (await host.run(scripts.isBroken, { sudo: true, signal, ok: 'any' })).code === 0;
  const unit = restoreUnit(call.cluster, call.change);
  const before = await isBroken();
  await fireTimer(host, unit, signal);
  if (!(await isBroken()))
    return { changed: before, summary: before ? 'put back' : 'whole: its timer had put it back' };
  await host.run(scripts.restore, { sudo: true, signal, timeout: 60 });
  if (!(await isBroken())) return { changed: true, summary: 'put back by hand' };
  throw notYet(
    host.name,
    `it is still broken (${call.breakage.kind})`,
    `Look at journalctl -u ${unit} on ${host.name}; a reboot puts it back too.`,
  );
};

export const putBack = step('put-back', body);
