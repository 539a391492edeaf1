import { quorum } from '../promotion.ts';
import { type Ailment, isUnanswered } from './ailments.ts';
import { alarmWords, alarmsOf } from './alarms.ts';
import type { Memory, Situation, Wait } from './decision.ts';
import { mostAnHour } from './heal.ts';
import { type Condition, stands } from './holds.ts';
import { addressDeadFor, alarmFor, blindFor, cutOffFor, noApiFor, noQuorumFor } from './limits.ts';
import type { Scene } from './scene.ts';
import { apiIsReady, isBlind, isSilent, sshIsSilent } from './sight.ts';

/** What a person is called for whatever else is so. Most telling first. */
interface Reason extends Condition {
  readonly wait: Wait;
}

export function reasonsToWait(scene: Scene): Reason[] {
  const { cluster, change } = scene.situation;
  const status = `holdfast status ${cluster}`;
  const wait = (reason: Wait['reason'], why: string, ...help: string[]): Wait => ({
    do: 'wait',
    reason,
    why,
    help: [status, ...help],
  });
  const blind = isBlind(scene.sight);
  return [
    {
      name: 'blind',
      is: blind,
      after: blindFor,
      wait: wait('blind', 'Too few vantage points are heard to judge anything'),
    },
    {
      name: 'etcd-no-quorum',
      is: !blind && lacksQuorum(scene),
      after: noQuorumFor,
      wait: wait(
        'etcd-no-quorum',
        'etcd has no quorum: nothing is promoted. Bring its members back; where that cannot be, restore the last snapshot',
        `holdfast restore ${cluster}`,
      ),
    },
    {
      name: 'etcd-alarm',
      is: !blind && alarmsOf(scene).length > 0,
      after: alarmFor,
      wait: wait('etcd-alarm', `${alarmWords(scene)}. docs/operations.md says what a person does`),
    },
    {
      name: 'etcd-unheard',
      is: !blind && !lacksQuorum(scene) && scene.leases === undefined,
      after: blindFor,
      wait: wait('blind', 'No etcd member tells who holds a lease, so nobody can be called lost'),
    },
    {
      name: 'cut-off',
      is: isCutOff(scene),
      after: cutOffFor,
      wait: wait(
        'blind',
        'All control-plane nodes are silent, yet API servers renew their leases in etcd: is the network between them and the vantage points down?',
      ),
    },
    {
      name: 'address-silent',
      is: isNotOurs(scene) && change !== 'running' && isUnanswered(scene, 'internal'),
      after: addressDeadFor,
      wait: wait(
        'address-silent',
        'Nothing answers at the internal address although an API server is ready. The load balancer there is not holdfast’s to heal: does it know that API server, and does its check find it well?',
      ),
    },
  ];
}

/** Where nothing else is to be said of it. */
export function noApi(scene: Scene): Reason {
  const { cluster, change } = scene.situation;
  return {
    name: 'no-api',
    is: !isBlind(scene.sight) && change !== 'running' && !servesAnyone(scene),
    after: noApiFor,
    wait: {
      do: 'wait',
      reason: 'api-down',
      why: `No API server has been ready for ${noApiFor / 60_000} minutes`,
      help: [`holdfast status ${cluster}`, `holdfast promote ${cluster} --reason "no API server serves"`],
    },
  };
}

export function waitFor(scene: Scene, holds: Memory['holds'], reasons: readonly Reason[]): Wait | undefined {
  return reasons.find((reason) => stands(holds, scene.now, reason))?.wait;
}

/** While a change runs its own steps wait for a person where they must. */
export function waitForHealing(scene: Scene, [first, ...others]: readonly Ailment[]): Wait | undefined {
  if (!first) return undefined;
  const { cluster } = scene.situation;
  const apiDown = first.part === 'api-server' && !servesAnyone(scene);
  // One host's part is named once, by the most urgent of what ails it.
  const whys = new Map(
    [first, ...others].toReversed().map(({ part, host, why }) => [`${part}:${host}`, why]),
  );
  return {
    do: 'wait',
    reason: apiDown ? 'api-down' : 'healing-exhausted',
    why: `${[...whys.values()].toReversed().join('; ')}; ${attemptsMade(first, scene.situation)}`,
    help: [
      `holdfast status ${cluster}`,
      `holdfast retry ${cluster}`,
      ...(apiDown ? [`holdfast promote ${cluster} --reason "no API server serves"`] : []),
    ],
  };
}

function attemptsMade({ part }: Ailment, situation: Situation): string {
  const most = mostAnHour(part, situation);
  return most === 0
    ? 'failover.healsAnHour is 0'
    : `${most} attempts to heal it within an hour have not helped`;
}

/** Members that are not heard from may be well; what counts is one that says no, or hosts that are gone. */
export function lacksQuorum({ healthyMembers, picture, situation, sight }: Scene): boolean {
  if (healthyMembers.length > 0) return false;
  const says = Object.values(picture.etcd).some((view) => view !== null);
  const gone = situation.etcd.filter((host) => sshIsSilent(sight, host)).length;
  const { length } = situation.etcd;
  return says || length - gone < quorum(length);
}

/** The address is carried by machines of somebody else. */
function isNotOurs({ situation: { balancers } }: Scene): boolean {
  return balancers.length === 0;
}

/** The network's fault, not the masters': they are silent and renew their leases. */
function isCutOff({ situation, sight, leases }: Scene): boolean {
  const { controlPlane } = situation;
  return (
    controlPlane.length > 0 &&
    controlPlane.every(({ name }) => isSilent(sight, name)) &&
    controlPlane.some(({ address }) => leases?.has(address) === true)
  );
}

function servesAnyone({ situation, sight }: Scene): boolean {
  return (
    situation.controlPlane.some(({ name }) => apiIsReady(sight, name)) ||
    sight.heard.some(({ addresses }) => Object.values(addresses).includes('ready'))
  );
}
