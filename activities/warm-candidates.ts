import { sh } from '../hosts/shell.ts';
import { absentImages, controlPlaneImages } from './control-plane-images.ts';
import { type StepBody, notYet, step } from './step.ts';

const body: StepBody<'warm-candidates'> = async (call, tools) => {
  const { host, signal } = tools;
  const images = await controlPlaneImages(call.controlPlane, tools);
  const missing = await absentImages(images, host, signal);
  for (const image of missing) await host.run(sh`crictl pull ${image}`, { sudo: true, signal, timeout: 600 });
  const still = await absentImages(missing, host, signal);
  if (still.length > 0)
    throw notYet(
      host.name,
      `pulled and still not there: ${still.join(', ')}`,
      'Look at crictl images on that host.',
    );
  return missing.length > 0
    ? { changed: true, summary: `pulled ${missing.join(', ')}` }
    : { changed: false, summary: `${images.length} control-plane images are there` };
};

export const warmCandidates = step('warm-candidates', body);
