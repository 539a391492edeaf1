import { MockActivityEnvironment } from '@temporalio/testing';
import type { SshTarget } from '../../cluster/cluster.ts';
import type { StepCall, StepContext, StepId, StepInputs } from '../../cluster/steps.ts';
import type { Deps } from '../../activities/step.ts';
import type { Hosts } from '../../hosts/host.ts';

/** What an activity is called with: the step's own input, and the hosts by name. */
export function callOf<Id extends StepId>(
  input: StepInputs[Id],
  target: SshTarget,
  others: readonly SshTarget[] = [],
): StepCall<Id> {
  const context: StepContext = {
    cluster: 'demo',
    target,
    others: Object.fromEntries(others.map((other) => [other.name, other])),
    change: '01a225b8-387b-71ff-8000-00000a1b2c3d',
    job: 1,
  };
  return { ...input, ...context };
}

export function targetOf(name: string): SshTarget {
  return { name, address: '10.0.0.1', port: 22, user: 'root', knownHosts: '/nowhere' };
}

/** Runs a step inside an activity's context, as a worker would. */
export function runStep<Call, Result>(
  activity: (deps: Deps) => (call: Call) => Promise<Result>,
  hosts: Hosts,
  call: Call,
): Promise<Result> {
  const readLocalFile = () => Promise.reject(new Error('no step of this test reads a local file'));
  return new MockActivityEnvironment().run<[Call], Result, (call: Call) => Promise<Result>>(
    activity({ hosts, readLocalFile }),
    call,
  );
}
