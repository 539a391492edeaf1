/**
 * How long one activation of a workflow may take. The SDK's own limit is five seconds by the clock, and Node 20 ends the
 * whole process where it strikes ("async hook stack has become corrupted", nodejs/node#38503): on a machine that stands
 * still for some seconds nobody would watch the clusters any more. Ours is for a workflow that never yields at all, which
 * Temporal tells of after ten seconds by itself (workflow task timed out). The SDK takes it, and has no type for it.
 */
export const patience: { readonly isolateExecutionTimeout: string } = { isolateExecutionTimeout: '10 m' };
