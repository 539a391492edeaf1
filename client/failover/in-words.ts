import { colors } from '../colors.ts';
import type { Decision, Readiness, Wait } from '../../cluster/failover/decision.ts';

/** "2026-11-25 03:00:12 UTC (2 m 5 s ago)". */
export function when(iso: string, now: number): string {
  return `${day(iso)} (${span((now - Date.parse(iso)) / 1000)} ago)`;
}

export const day = (iso: string): string => `${iso.slice(0, 19).replace('T', ' ')} UTC`;

/** The two largest units: a cluster is watched for years. */
export function span(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  const parts = [
    [Math.floor(whole / 86_400), 'd'],
    [Math.floor(whole / 3600) % 24, 'h'],
    [Math.floor(whole / 60) % 60, 'm'],
    [whole % 60, 's'],
  ] as const;
  const largest = parts.findIndex(([count]) => count > 0);
  return parts
    .slice(largest)
    .slice(0, 2)
    .map(([count, unit]) => `${count} ${unit}`)
    .join(' ');
}

export function decisionText(decision: Decision): string {
  switch (decision.do) {
    case 'nothing':
      return 'nothing is to be done';
    case 'heal':
      return `heal ${decision.part} on ${decision.host}: ${decision.why}`;
    case 'promote':
      return `promote ${decision.candidate}; lost: ${decision.lost.join(', ') || 'none'}: ${decision.why}`;
    case 'give-up':
      return `give up the promotion of ${decision.candidate}: ${decision.why}`;
    case 'look-at-candidates':
      return `look at the candidates: ${decision.why}`;
    case 'wait':
      return `wait (${decision.reason}): ${decision.why}`;
  }
}

/** What failover waits for, and the commands that would help. */
export function waitText({ reason, why, help }: Wait): readonly string[] {
  return [
    colors.yellow(`failover waits for a person: ${reason}: ${why}`),
    ...help.map((command) => `    $ ${command}`),
  ];
}

export function readinessText(host: string, readiness: Readiness | null): string {
  if (!readiness) return `${host} not looked at yet`;
  if (readiness.problem === undefined) return `${host} ready`;
  return colors.yellow(
    `${host} not ready (${[readiness.problem, readiness.why].filter(Boolean).join(': ')})`,
  );
}
