import { MockActivityEnvironment } from '@temporalio/testing';
import type { Deps } from '../../activities/step.ts';
import type { SshTarget } from '../../cluster/cluster.ts';
import type { StepCall, StepId, StepInputs } from '../../cluster/steps.ts';
import { type FakeHost, fakeHosts } from '../../hosts/fake.ts';

/** Runs a step as Temporal would, about the first of these hosts; it may talk to the others. */
export function runStep<Id extends StepId, Result>(
  activity: (deps: Deps) => (call: StepCall<Id>) => Promise<Result>,
  input: StepInputs[Id],
  hosts: readonly [FakeHost, ...FakeHost[]],
): Promise<Result> {
  const [host, ...others] = hosts;
  const deps: Deps = {
    hosts: fakeHosts(...hosts),
    readLocalFile: (path) => Promise.reject(new Error(`the test gave no file ${path}`)),
  };
  const call = {
    ...input,
    cluster: 'demo',
    target: target(host.name),
    others: Object.fromEntries(others.map(({ name }) => [name, target(name)])),
    change: '01a225b8-89ab-7def-8123-456701234567',
    job: 1,
  };
  return new MockActivityEnvironment().run(activity(deps), call as unknown as StepCall<Id>);
}

const target = (name: string): SshTarget => ({
  name,
  address: '192.0.2.1',
  port: 22,
  user: 'ubuntu',
  knownHosts: '/dev/null',
});
