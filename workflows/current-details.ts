import type { ChangeStatus, StepState, StepStatus, Waiting } from '../cluster/status.ts';
import { fence, joinWithin } from './markdown.ts';

/** More rows than this nobody reads; hosts that need someone come first. */
const mostRows = 60;

const signs: Readonly<Record<StepState, string>> = {
  pending: '·',
  running: '▶',
  waiting: '⏸',
  done: '✔',
  'already-so': '=',
  skipped: '⤼',
  failed: '✘',
};

/** What the UI shows of a change, as markdown: what a person should do, then hosts × steps. */
export function currentDetails(status: Omit<ChangeStatus, 'steps'>, steps: readonly StepStatus[]): string {
  const parts = [
    ...status.waitingFor.slice(0, 20).map(asked),
    ...(status.waitingFor.length > 20 ? [`… and ${status.waitingFor.length - 20} more steps wait.`] : []),
    phaseTable(status),
    ...status.phases.map(({ id }) =>
      stepTable(
        id,
        steps.filter((step) => step.phase === id),
      ),
    ),
    status.promotion,
    `${signs.done} done ${signs['already-so']} already so ${signs.running} running ${signs.waiting} waits for a person ${signs.skipped} skipped`,
  ];
  return joinWithin(parts.filter(Boolean));
}

function asked({ host, step, error, commands }: Waiting): string {
  return [
    `### ${host} waits: ${step}`,
    fence(error.message.slice(0, 300)),
    error.next,
    fence(commands.join('\n')),
  ].join('\n\n');
}

function phaseTable({ phases, state }: Pick<ChangeStatus, 'phases' | 'state'>): string {
  const rows = phases.map(({ id, state: at, done, total }) => `| ${signs[at]} ${id} | ${done}/${total} |`);
  return [`**${state}**`, '', '| phase | steps |', '|---|---|', ...rows].join('\n');
}

function stepTable(phase: string, steps: readonly StepStatus[]): string {
  const names = [...new Set(steps.map(({ step }) => step))];
  const byHost = new Map<string, StepStatus[]>();
  for (const step of steps) byHost.set(step.host, [...(byHost.get(step.host) ?? []), step]);
  const hosts = [...byHost].sort(([, a], [, b]) => urgency(a) - urgency(b));
  if (hosts.length === 0 || steps.every(({ state }) => state === 'pending')) return '';
  const rows = hosts.slice(0, mostRows).map(([host, own]) => {
    const cells = names.map((name) => signs[own.find(({ step }) => step === name)?.state ?? 'pending']);
    return `| ${host} | ${cells.join(' | ')} |`;
  });
  const more = hosts.length > mostRows ? [`\n… and ${hosts.length - mostRows} more hosts.`] : [];
  return [
    `#### ${phase}`,
    '',
    `| host | ${names.join(' | ')} |`,
    `|---|${names.map(() => '---').join('|')}|`,
    ...rows,
    ...more,
  ].join('\n');
}

/** Hosts that wait, then those that work, then the rest. */
function urgency(steps: readonly StepStatus[]): number {
  if (steps.some(({ state }) => state === 'waiting')) return 0;
  return steps.some(({ state }) => state === 'running') ? 1 : 2;
}
