import type { Command } from 'commander';
import { plan } from '../cluster/plan.ts';
import type { Phase, Plan, Step } from '../cluster/plan-types.ts';
import { readSpec } from './read-spec.ts';

export function register(program: Command): void {
  program
    .command('plan')
    .description('print what `up` would do; touches nothing')
    .argument('<spec>', 'spec file')
    .option('--json', 'as JSON')
    .action(async (file: string, options: { json?: boolean }) => {
      const steps = plan(await readSpec(file));
      console.log(options.json ? JSON.stringify(steps, null, 2) : planAsText(steps));
    });
}

/** One line a step, hosts that share it gathered. */
export function planAsText(plan: Plan): string {
  const phases = plan.phases.map((phase) => [heading(phase), ...lines(phase)].join('\n'));
  return [
    `cluster ${plan.cluster}: ${Object.keys(plan.targets).length} hosts; ${plan.promotion}`,
    ...phases,
  ].join('\n\n');
}

function heading(phase: Phase): string {
  return phase.after.length === 0 ? phase.id : `${phase.id} (after ${phase.after.join(', ')})`;
}

function lines(phase: Phase): string[] {
  const byStep = new Map<string, Step[]>();
  for (const step of phase.steps) byStep.set(step.id, [...(byStep.get(step.id) ?? []), step]);
  return [...byStep.values()].map((steps) => `  ${(steps[0] as Step).title.padEnd(52)} ${hostsOf(steps)}`);
}

function hostsOf(steps: readonly Step[]): string {
  const names = steps.map((step) => step.host);
  return names.length <= 6 ? names.join(' ') : `${names.slice(0, 5).join(' ')} and ${names.length - 5} more`;
}
