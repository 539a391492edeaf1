import { storyLabDown } from './story-lab.ts';

/** Once, when all story files have run. */
export async function teardown(): Promise<void> {
  await storyLabDown();
}
