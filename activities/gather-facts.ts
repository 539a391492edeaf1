import type { HostFacts } from '../cluster/facts.ts';
import { readFacts } from './host-facts.ts';
import { type StepBody, step } from './step.ts';

const body: StepBody<'gather-facts', HostFacts> = (_, { host, signal }) => readFacts(host, signal);

/** Answers facts instead of a summary: they meet in cluster/preflight.ts. */
export const gatherFacts = step<'gather-facts', HostFacts>('gather-facts', body);
