import type { Json } from '../cluster.ts';

/** Text as it stands; what only Ansible could evaluate is none. */
export function text(value: Json | undefined): string | undefined {
  if (typeof value === 'number') return String(value);
  return typeof value === 'string' && value !== '' && !value.includes('{{') ? value : undefined;
}
