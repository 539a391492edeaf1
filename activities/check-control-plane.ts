import { readyControlPlane } from './ready-control-plane.ts';
import { type StepBody, step } from './step.ts';

const body: StepBody<'check-control-plane'> = async (call, tools) => {
  const { ready, others } = await readyControlPlane(call, tools);
  return { changed: false, summary: [`ready: ${ready.join(', ')}`, ...others].join('; ') };
};

export const checkControlPlane = step('check-control-plane', body);
