import { z } from 'zod';
import type { VantageQuestion } from './questions.ts';
import type { Tree } from './steady.ts';

/** Takes a line that a loop printed. `first`: it must speak of all that was asked. Throws at anything else. */
export type Reader = (line: string, first: boolean) => Tree;

const answer = z.enum(['ready', 'unready', 'refused', 'silent']);
const node = z.strictObject({ ready: z.boolean(), controlPlane: z.boolean() });
const addressName = z.enum(['internal', 'external']);

export function vantageReader(question: VantageQuestion): Reader {
  const by = <Value extends z.ZodType>(keys: object, value: Value) =>
    [z.enum(Object.keys(keys)), value] as const;
  const own = z.strictObject({
    haproxy: z.boolean(),
    keepalived: z.boolean(),
    holds: z.array(addressName).max(2),
  });
  const all = z.strictObject({
    view: z.strictObject({
      ssh: z.record(...by(question.ssh, z.boolean())),
      api: z.record(...by(question.api, answer)),
      addresses: z.record(...by(question.asks, answer)),
    }),
    ...(question.balancer && { balancer: own }),
    ...(question.kubeconfig !== null && { nodes: z.record(z.string(), node).nullable() }),
    ...(question.nfs !== null && { nfs: z.boolean() }),
  });
  const some = all
    .extend({
      view: z.strictObject({
        ssh: z.partialRecord(...by(question.ssh, z.boolean())),
        api: z.partialRecord(...by(question.api, answer)),
        addresses: z.partialRecord(...by(question.asks, answer)),
      }),
    })
    .partial();
  return reader(all, some);
}

const etcdView = z.strictObject({
  healthy: z.boolean(),
  leader: z.string().max(253),
  leases: z.array(z.string().max(64)).max(1000).nullable(),
  alarms: z.array(z.string().max(32)).max(8),
  fills: z.boolean(),
});

export const etcdReader: Reader = reader(etcdView, etcdView);

function reader(all: z.ZodType, some: z.ZodType): Reader {
  return (line, first) => {
    const parsed = (first ? all : some).safeParse(json(line));
    if (parsed.success) return parsed.data as Tree;
    const { path, message } = parsed.error.issues[0] as z.core.$ZodIssue;
    throw new SyntaxError(
      `its loop printed what is no look: ${path.join('.')}: ${message}: ${line.slice(0, 80)}`,
    );
  };
}

function json(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
