import type { z } from 'zod';
import type { Need, Part } from '../rules/rule.ts';
import { hostSchema } from './schema-hosts.ts';
import { specSchema } from './schema.ts';
import type { Spec } from './schema.ts';

export interface Draft {
  /** The spec with stand-ins for what is not sound. */
  readonly spec: Spec;
  readonly sound: (need: Need) => boolean;
  /** Index of each host of the draft in the file. */
  readonly fileIndex: readonly number[];
}

/** Stand-ins: no rule that needs the part they stand for is asked. */
const standIn: Spec = {
  cluster: 'unknown',
  ssh: { user: 'unknown', knownHosts: 'unknown' },
  hosts: [],
  kubernetes: { version: '0.0.0', podCidr: '0.0.0.0/32', serviceCidr: '0.0.0.0/32', network: 'cni' },
  kubespray: { version: 'unknown', source: 'unknown:', vars: {}, acceptLiteralSecrets: [] },
  helm: { version: 3 },
  failover: { mode: 'manual', confirmFor: 10, below: 1, healsAnHour: 3, timings: 'calm' },
  backup: { every: 3600, keep: 1, recipients: [], alsoTo: [] },
  singlePointsOfFailure: [],
};

/** What a required key that is not sound is replaced by, so that the rest of its part can be judged. */
const requiredStandIn: Partial<Record<Part, Readonly<Record<string, unknown>>>> = {
  ssh: { user: 'unknown' },
  kubernetes: { version: '0.0.0' },
  backup: { recipients: ['age1lqdagee44z0tdt94thq6l0r9vgj4jzmszpdh8xc09ed4vg7lsykq43744w'] },
};

/**
 * Saves what is sound of a spec with mistakes, part by part, key by key within a part, and host by host, so that the
 * rules can judge it in the same go.
 */
export function draft(value: unknown): Draft {
  const parts = isRecord(value) ? value : {};
  const unsound = new Set<string>();
  const spec: Record<string, unknown> = { ...standIn };
  for (const [key, schema] of Object.entries(specSchema.shape)) {
    const saved = salvage(key as Part, schema, Object.hasOwn(parts, key) ? parts[key] : undefined);
    for (const path of saved.unsound) unsound.add(path);
    if (saved.parsed) spec[key] = saved.parsed.data;
  }
  const hosts = Array.isArray(parts['hosts']) ? parts['hosts'].map((host) => hostSchema.safeParse(host)) : [];
  spec['hosts'] = hosts.flatMap(({ data }) => data ?? []);
  return {
    spec: spec as unknown as Spec,
    sound: (need) => ![...unsound].some((path) => path === need || within(path, need) || within(need, path)),
    fileIndex: hosts.flatMap(({ success }, index) => (success ? index : [])),
  };
}

/** One part of the spec; where it has mistakes, without the keys that hold them. */
function salvage(part: Part, schema: z.ZodType, value: unknown): Salvaged {
  const first = schema.safeParse(value);
  if (first.success) return { parsed: first, unsound: [] };
  if (!isRecord(value)) return { unsound: [part] };
  const bad = new Set(first.error.issues.flatMap(badKeys));
  const rest = Object.entries(value).filter(([key]) => !bad.has(key));
  const second = schema.safeParse({ ...requiredStandIn[part], ...Object.fromEntries(rest) });
  return second.success
    ? { parsed: second, unsound: [...bad].map((key) => `${part}.${key}`) }
    : { unsound: [part] };
}

interface Salvaged {
  readonly parsed?: { readonly data: unknown };
  readonly unsound: readonly string[];
}

function badKeys(issue: z.core.$ZodIssue): string[] {
  const [key] = issue.path;
  if (key !== undefined) return [String(key)];
  return issue.code === 'unrecognized_keys' ? issue.keys : [];
}

function within(path: string, outer: string): boolean {
  return path.startsWith(`${outer}.`);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
