import { type StepBody, problem, step } from './step.ts';
import { scriptsOf } from './drill/breakages.ts';
import { restoreUnit } from './drill/restore-unit.ts';
import { setTimer } from './own-timer.ts';

/** Before anything is broken: the host itself will put it back, also when nobody reaches it any more. */
const body: StepBody<'set-restore-timer'> = async (call, { host, signal }) => {
  const scripts = await scriptsOf(host, call.breakage, signal);
  const { code } = await host.run(scripts.isReady, { sudo: true, signal, ok: 'any' });
  if (code !== 0)
    throw problem(
      host.name,
      `${host.name} is not whole as it is, or holds what a drill would take away (${call.breakage.kind})`,
      'Nothing was broken. Look at the host: ip rule, haproxy, keepalived, kubelet and its static pods.',
    );
  const unit = restoreUnit(call.cluster, call.change);
  await setTimer(host, unit, scripts.restore, call.seconds, signal);
  return { changed: true, summary: `${unit}.timer puts it back in ${call.seconds} s` };
};

export const setRestoreTimer = step('set-restore-timer', body);
