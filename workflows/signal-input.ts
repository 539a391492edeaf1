import type { SkipInput } from './contract.ts';

/** What a signal carried, or why it cannot be followed. Anyone can send anything from the UI's form. */
export type Read<T> = { readonly input: T } | { readonly why: string };

export interface RetryInput {
  readonly step?: string;
  readonly host?: string;
  /** Number of the parent's message, so that a late report is told from a fresh one. */
  readonly n?: number;
}

export function readRetry(sent: unknown): Read<RetryInput> {
  const given = sent ?? {};
  if (!isRecord(given)) return { why: 'retry takes {"step": "…", "host": "…"}, both optional' };
  for (const name of ['step', 'host'])
    if (given[name] !== undefined && typeof given[name] !== 'string') return { why: `${name} must be text` };
  return { input: given };
}

export function readSkip(sent: unknown): Read<SkipInput & RetryInput> {
  const read = readRetry(sent);
  if ('why' in read) return read;
  const { step, reason } = read.input as Partial<SkipInput>;
  if (!step) return { why: 'skip must name a step: {"step": "…", "host": "…", "reason": "…"}' };
  if (typeof reason !== 'string' || !reason.trim()) return { why: 'skip must say a reason' };
  return { input: read.input as SkipInput };
}

export function readText(sent: unknown, name: string): Read<string> {
  const value = isRecord(sent) ? sent[name] : undefined;
  return typeof value === 'string' && value.trim() ? { input: value } : { why: `needs {"${name}": "…"}` };
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
