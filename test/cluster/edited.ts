import { dump, load } from 'js-yaml';
import { exampleText } from './example.ts';

/** A spec as a plain value that a test changes freely. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- tests write what no type allows
export type LooseSpec = any;

/** An example with a change made to it, as text. */
export function edited(
  edit: (spec: LooseSpec) => void,
  name: 'twelve-hosts' | 'small' = 'twelve-hosts',
): string {
  const spec: LooseSpec = load(exampleText(name));
  edit(spec);
  return dump(spec);
}
