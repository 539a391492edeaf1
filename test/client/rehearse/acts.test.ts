import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Act, perform } from '../../../client/rehearse/acts.ts';
import { report } from '../../../client/rehearse/report.ts';
import { exampleCluster } from '../../cluster/example.ts';

beforeEach(() => void vi.spyOn(console, 'log').mockImplementation(() => {}));
afterEach(() => vi.restoreAllMocks());

const act = (title: string, evenAfterFailure?: true): Act => ({
  title,
  args: [title],
  ...(evenAfterFailure && { evenAfterFailure }),
});
/** A stage on which the verbs named end with 1; `stop`: the verb during which somebody types Ctrl-C. */
const stageOf = (failing: readonly string[], stop?: string) => {
  const ran: string[] = [];
  return {
    ran,
    interrupted: () => ran.includes(stop ?? ''),
    run: ([verb = '']: readonly string[]) => {
      ran.push(verb);
      return Promise.resolve({ code: failing.includes(verb) ? 1 : 0, seconds: 2, tail: `${verb} says why` });
    },
  };
};
const acts = [act('lab'), act('up'), act('drill a', true), act('drill b', true), act('status')];

describe('the acts of a rehearsal', () => {
  it('are played in order', async () => {
    const stage = stageOf([]);
    const played = await perform(acts, stage);
    expect(stage.ran).toEqual(['lab', 'up', 'drill a', 'drill b', 'status']);
    expect(played.map(({ code }) => code)).toEqual([0, 0, 0, 0, 0]);
  });

  it('end where one fails that the others stand on', async () => {
    const played = await perform(acts, stageOf(['up']));
    expect(played.map(({ code }) => code)).toEqual([0, 1, undefined, undefined, undefined]);
  });

  it('go on after a drill that failed', async () => {
    const played = await perform(acts, stageOf(['drill a']));
    expect(played.map(({ code }) => code)).toEqual([0, 0, 1, 0, 0]);
  });

  it('end with Ctrl-C', async () => {
    const played = await perform(acts, stageOf([], 'drill a'));
    expect(played.map(({ code }) => code)).toEqual([0, 0, 0, undefined, undefined]);
  });

  it('are told with their results, the last words of what failed, and what was not as the spec says', async () => {
    const text = report({
      cluster: exampleCluster('twelve-hosts'),
      rehearsal: { name: 'rehearsal-demo', text: '', differences: ['addresses are the lab’s'] },
      at: new Date('2026-01-02T03:04:05Z'),
      acts: await perform(acts, stageOf(['up'])),
    });
    expect(text).toBe(`# Rehearsal of demo, 2026-01-02 03:04 UTC

12 hosts: 1 bastion, 2 load-balancer, 3 etcd, 3 control-plane, 3 worker. All of them containers of one machine: times say nothing of the real site.

| | | seconds |
|---|---|---|
| lab | done | 2 |
| up | **failed** (exit code 1) | 2 |
| drill a | not begun | 0 |
| drill b | not begun | 0 |
| status | not begun | 0 |

Not as the spec says:

- addresses are the lab’s

## up: failed

\`holdfast up\` said at its end (all of it: log.txt):

\`\`\`
up says why
\`\`\`
`);
  });
});
