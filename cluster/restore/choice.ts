import type { Step } from '../plan-types.ts';
import type { NamedAddress } from '../steps.ts';
import type { RestoreChoice, RestoreLook } from './offer.ts';

/** Why this step is left out, now that it is known who answers; undefined where it is done. */
export function whyLeftOut(
  { id, host }: Step,
  look: RestoreLook,
  { members }: RestoreChoice,
): string | undefined {
  const server = look.apiServers.find((one) => one.host === host);
  const member = look.members.find((one) => one.host === host);
  if (ofMembers.has(id) && !members.some((one) => one.host === host)) {
    // One that answers and cannot take part must not go on with its old data.
    if (id === 'stop-etcd' && member?.name !== undefined) return undefined;
    return member?.problem ?? 'it is no member';
  }
  if (ofApiServers.has(id) && server?.problem !== undefined) return server.problem;
  if (id !== 'configure-etcd-proxy') return undefined;
  return server && !server.proxy ? 'it has none' : undefined;
}

/** The step with what a person chose, which no spec says. */
export function withChoice(step: Step, choice: RestoreChoice): Step {
  const members = choice.members.map(({ host }) => host);
  if (step.id === 'stage-snapshot' || step.id === 'restore-member')
    return { ...step, input: { ...step.input, choice } } as Step;
  if (step.id === 'check-etcd' || step.id === 'backup-etcd')
    return { ...step, input: { ...step.input, etcd: members } } as Step;
  if (step.id === 'configure-etcd-proxy') {
    const isIn = ({ name }: NamedAddress) => members.includes(name);
    const etcd = step.input.etcd.filter(isIn);
    const out = step.input.etcd.filter((one) => !isIn(one)).map(({ name }) => name);
    return { ...step, input: { ...step.input, etcd, leftOut: [...(step.input.leftOut ?? []), ...out] } };
  }
  return step;
}

const ofMembers = new Set<Step['id']>(['stop-etcd', 'save-member', 'restore-member', 'start-etcd']);
/** Also the kubelets of those hosts: the only nodes that were looked at. */
const ofApiServers = new Set<Step['id']>([
  'stop-api-server',
  'configure-etcd-proxy',
  'start-api-server',
  'restart-controllers',
  'restart-kubelet',
]);
