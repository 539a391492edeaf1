import type { BalancerInput, NamedAddress } from '../steps.ts';
import { haproxyHealthPort } from './haproxy.ts';

export const keepalivedConfigPath = '/etc/keepalived/keepalived.conf';
/** Below the folder where the host's system lets keepalived run scripts. */
export const haproxyCheckName = 'check-haproxy';

interface Timings {
  /** Seconds between advertisements; a silent peer is replaced after three, and a part of one. */
  readonly advert: number;
  /** Seconds between questions to haproxy: whole ones, keepalived knows no others. */
  readonly check: number;
  /**
   * Seconds that an answer may take. A question is asked twice before haproxy counts as hung: a busy host must not look
   * like that, nor must one that died, which systemd has started anew by then.
   */
  readonly answer: number;
}

/**
 * `fast`: addresses answered again at most 0.31 s after the power cut of their host (lab); a hung haproxy is found out
 * within check + 2 answers, 1.9 s (with two questions of 1.8 s each in a row it took up to 3.6 s).
 */
const timings: Record<BalancerInput['timings'], Timings> = {
  fast: { advert: 0.1, check: 1, answer: 0.45 },
  calm: { advert: 1, check: 2, answer: 1.8 },
};

interface KeepalivedHost {
  /** Holds the host's own address. */
  readonly networkInterface: string;
  /** Path of the script that asks haproxy. */
  readonly check: string;
  /**
   * root only for `keepalived --config-test`: 2.2.7 (Debian 12) kills itself there when it meets another user
   * (acassen/keepalived#2617, mended in 2.2.8).
   */
  readonly scriptUser?: 'nobody' | 'root';
}

/**
 * keepalived.conf for the load balancer named `self`.
 * The first balancer prefers the internal address, the last one the external address.
 */
export function renderKeepalived(
  input: BalancerInput,
  self: string,
  { networkInterface, check, scriptUser = 'nobody' }: KeepalivedHost,
): string {
  const { internal, external, prefixLength } = input.loadBalancer;
  const names = input.balancers.map((balancer) => balancer.name);
  const own = input.balancers.find((balancer) => balancer.name === self);
  if (!own) throw new RangeError(`${self} is none of the load balancers: ${names.join(', ')}`);
  const peers = input.balancers.filter((balancer) => balancer !== own);
  const timing = timings[input.timings];
  const common = { own, peers, timing, networkInterface, prefixLength };
  return [
    head(self, timing, check, scriptUser),
    instance({ ...common, ...internal, name: 'internal', rank: names.indexOf(self) }),
    ...(external
      ? [instance({ ...common, ...external, name: 'external', rank: names.toReversed().indexOf(self) })]
      : []),
  ].join('\n');
}

/** What keepalived runs, as user nobody, to learn whether haproxy still carries a request. */
export function renderHaproxyCheck(kind: BalancerInput['timings']): string {
  const { answer } = timings[kind];
  return `#!/bin/sh
# A request through haproxy with a time limit: a hung haproxy still is a running process and an open port.
ask() {
  curl --silent --fail --output /dev/null --noproxy '*' --max-time ${answer} http://127.0.0.1:${haproxyHealthPort}/
}
ask && exit
# Refused at once: it may be starting. 28: the time is over already.
[ $? = 28 ] || sleep ${answer}
ask
`;
}

const head = (
  self: string,
  timing: Timings,
  check: string,
  scriptUser: string,
) => `# keepalived.conf of ${self}. Written by holdfast: changes made here are overwritten.
global_defs {
  router_id ${self}
  # Advertisements more often than once a second need version 3.
  vrrp_version 3
  # Busy neighbours must not delay advertisements.
  vrrp_priority -20
  enable_script_security
  script_user ${scriptUser}
}

# No weight: a failing check puts the instances into FAULT, and the peer takes over at once. A lowered priority
# would have the peer wait out its preempt_delay.
vrrp_script haproxy {
  script "${check}"
  interval ${timing.check}
  timeout ${timing.check * 2}
  # The script itself asks twice.
  fall 1
  rise 1
}
`;

interface Instance {
  readonly name: string;
  readonly address: string;
  readonly routerId: number;
  /** 0: this host is the address's first choice. */
  readonly rank: number;
  readonly own: NamedAddress;
  readonly peers: readonly NamedAddress[];
  readonly timing: Timings;
  readonly networkInterface: string;
  readonly prefixLength: number;
}

function instance(i: Instance): string {
  const peers = i.peers.map((peer) => `\n    ${peer.address}`).join('');
  // A unicast address without a peer is refused by --config-test; alone, nobody hears what it sends.
  const talk = peers
    ? `unicast_src_ip ${i.own.address}\n  unicast_peer {${peers}\n  }\n  check_unicast_src`
    : `mcast_src_ip ${i.own.address}`;
  return `vrrp_instance ${i.name} {
  # BACKUP on every host: preempt_delay has no effect on one that starts as MASTER.
  state BACKUP
  interface ${i.networkInterface}
  virtual_router_id ${i.routerId}
  priority ${priority(i)}
  advert_int ${i.timing.advert}
  # A host that comes back takes its address only after it has been up for a while: one that keeps falling over
  # must not take connections with it each time.
  preempt_delay 60
  ${talk}
  # Neighbours that missed the first announcement learn the new place from a later one.
  garp_master_delay 1
  garp_master_repeat 5
  garp_master_refresh 10
  garp_master_refresh_repeat 1
  virtual_ipaddress {
    ${i.address}/${i.prefixLength} dev ${i.networkInterface}
  }
  track_script {
    haproxy
  }
}
`;
}

/** 1 to 254 are valid: 50 apart, closer where there are more load balancers than fit. */
function priority({ rank, peers }: Instance): number {
  const apart = Math.min(50, 149 / peers.length);
  return Math.round(150 - apart * rank);
}
