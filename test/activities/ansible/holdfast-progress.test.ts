import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ansibleBin } from '../../../lab/ansible.ts';

const plugins = join(dirname(fileURLToPath(import.meta.url)), '../../../activities/ansible');
const made: string[] = [];
let bin: string;

beforeAll(async () => {
  bin = await ansibleBin();
}, 300_000);

afterAll(() => {
  for (const dir of made.splice(0)) rmSync(dir, { recursive: true, force: true });
});

const hosts = ['one', 'two', 'three', 'four', 'five'];

interface Event {
  event: string;
  [key: string]: unknown;
}

/** Runs a playbook on this machine and returns what the plugin wrote. */
async function play(playbook: string, options: { args?: string[]; files?: Record<string, string> } = {}) {
  const dir = mkdtempSync(join(tmpdir(), 'holdfast-progress-'));
  made.push(dir);
  writeFileSync(join(dir, 'playbook.yml'), playbook);
  for (const [name, text] of Object.entries(options.files ?? {})) writeFileSync(join(dir, name), text);
  const local = { ansible_connection: 'local', ansible_python_interpreter: join(bin, 'python') };
  const inventory = {
    all: {
      hosts: {
        ...Object.fromEntries(hosts.map((name) => [name, local])),
        gone: {
          ansible_host: '127.0.0.1',
          ansible_port: 1,
          ansible_ssh_common_args: '-o ConnectTimeout=2 -o BatchMode=yes',
        },
      },
    },
  };
  writeFileSync(join(dir, 'hosts.json'), JSON.stringify(inventory));
  const progress = join(dir, 'progress.jsonl');
  const { exitCode, all } = await execa(
    join(bin, 'ansible-playbook'),
    ['-i', 'hosts.json', 'playbook.yml', ...(options.args ?? [])],
    {
      cwd: dir,
      reject: false,
      all: true,
      env: {
        LC_ALL: 'C.UTF-8',
        HOME: dir,
        ANSIBLE_CALLBACK_PLUGINS: plugins,
        ANSIBLE_CALLBACKS_ENABLED: 'holdfast_progress',
        // As holdfast runs it.
        ANSIBLE_PIPELINING: 'True',
        HOLDFAST_PROGRESS_FILE: progress,
        PYTHONDONTWRITEBYTECODE: '1',
      },
    },
  );
  const lines = readFileSync(progress, 'utf8').trimEnd().split('\n');
  const events = lines.map((line) => JSON.parse(line) as Event);
  const of = (event: string) => events.filter((e) => e.event === event);
  return { exitCode, log: all, lines, events, of, mode: statSync(progress).mode & 0o777 };
}

const counted = `
- name: First
  hosts: one,two
  gather_facts: true
  gather_subset: ['!all', '!min']
  tasks:
    - name: A
      ansible.builtin.debug: { msg: a }
    - name: Left out
      ansible.builtin.debug: { msg: never }
      when: false
    - ansible.builtin.import_tasks: more.yml
    - name: Dynamic
      ansible.builtin.include_tasks: more.yml
    - name: Changes
      ansible.builtin.command: "true"
      notify: Handler
    - ansible.builtin.meta: flush_handlers
    - name: Tagged
      ansible.builtin.debug: { msg: tagged }
      tags: [heavy]
  handlers:
    - name: Handler
      ansible.builtin.debug: { msg: handled }
- name: Nobody
  hosts: nowhere
  gather_facts: false
  tasks:
    - name: B
      ansible.builtin.debug: { msg: b }
    - name: C
      ansible.builtin.debug: { msg: c }
- name: Last
  hosts: one
  gather_facts: false
  tasks:
    - name: D
      ansible.builtin.debug: { msg: d }
`;
const more = `
- name: M
  ansible.builtin.debug: { msg: m }
- name: N
  ansible.builtin.debug: { msg: n }
`;

test('every task is counted once, plays without hosts count whole, and the end is the total', async () => {
  const run = await play(counted, { files: { 'more.yml': more } });
  expect(run.exitCode, run.log).toBe(0);
  // A, Left out, M, N, Dynamic, Changes, Tagged; facts come from a task that Ansible adds itself
  const [start] = run.of('start');
  const tasks = run.of('task');
  expect(tasks.at(-1)).toMatchObject({
    name: 'D',
    play: 'Last',
    done: start?.['total'],
    total: start?.['total'],
  });
  const done = tasks.map((t) => t['done'] as number);
  expect(done).toEqual([...done].sort((a, b) => a - b));
  expect(start?.['total']).toBe(10);
  expect(run.of('failed')).toEqual([]);
  expect(run.of('host')).toEqual([
    { event: 'host', host: 'one', failed: 0, unreachable: 0 },
    { event: 'host', host: 'two', failed: 0, unreachable: 0 },
  ]);
  const recap = run.events.at(-1);
  expect(recap).toEqual({ event: 'recap', hosts: 2, seconds: expect.any(Number) as number });
  expect(recap?.seconds).toBeGreaterThan(0);
  expect(run.mode).toBe(0o600);
});

test('tasks that tags leave out are not in the total', async () => {
  const run = await play(counted, { files: { 'more.yml': more }, args: ['--skip-tags', 'heavy'] });
  expect(run.of('start')).toEqual([{ event: 'start', total: 9 }]);
  expect(run.of('task').at(-1)).toMatchObject({ done: 9, total: 9 });
});

/** Each play breaks one host of its own; the last host goes through all of them, so that each play is reached. */
const broken = `
- hosts: one,two
  gather_facts: false
  tasks:
    - name: Breaks on one
      ansible.builtin.shell: "echo the reason >&2; exit 3"
      when: inventory_hostname == 'one'
    - name: Goes on
      ansible.builtin.debug: { msg: on }
- hosts: two
  gather_facts: false
  tasks:
    - name: May fail
      ansible.builtin.command: "false"
      ignore_errors: true
- hosts: three,two
  gather_facts: false
  tasks:
    - name: Secret loop
      ansible.builtin.shell: "echo hunter2-{{ item }} >&2; exit 1"
      loop: [a, b]
      no_log: true
      when: inventory_hostname == 'three'
- hosts: four,two
  gather_facts: false
  tasks:
    - name: Loop
      ansible.builtin.shell: "test {{ item }} = good || { echo {{ item }} is bad; exit 1; }"
      loop: [good, worse]
      when: inventory_hostname == 'four'
- hosts: five,two
  gather_facts: false
  tasks:
    - name: "${'long '.repeat(200)}"
      ansible.builtin.fail: { msg: "{{ 'é' * 100000 }}" }
      when: inventory_hostname == 'five'
`;

describe('of hosts that fail', () => {
  let run: Awaited<ReturnType<typeof play>>;
  beforeAll(async () => {
    run = await play(broken);
  });
  const failed = (host: string) => run.of('failed').filter((event) => event['host'] === host);

  test('each is told once with its host and message, and the recap names it', () => {
    expect(run.exitCode).toBe(2);
    expect(failed('one')).toMatchObject([{ task: 'Breaks on one', rescuable: false }]);
    expect(failed('one')[0]?.['msg']).toBe('non-zero return code\nthe reason');
    expect(run.of('failed').map((event) => event['host'])).toEqual(['one', 'three', 'four', 'five']);
    for (const host of ['one', 'three', 'four', 'five'])
      expect(run.of('host')).toContainEqual({ event: 'host', host, failed: 1, unreachable: 0 });
  });

  test('an ignored failure is no failure', () => {
    expect(run.log).toContain('...ignoring');
    expect(failed('two')).toEqual([]);
    expect(run.of('host')).toContainEqual({ event: 'host', host: 'two', failed: 0, unreachable: 0 });
  });

  test('what no_log hides stays hidden, in loops too', () => {
    expect(failed('three')).toMatchObject([{ task: 'Secret loop', msg: 'hidden by no_log' }]);
    expect(run.lines.join('\n')).not.toContain('hunter2');
  });

  test('a loop tells the message of the item that failed', () => {
    expect(failed('four')).toMatchObject([{ msg: 'non-zero return code\nworse is bad' }]);
  });

  test('a line stays below 8 kB whatever a task says', () => {
    expect(failed('five')).toHaveLength(1);
    expect(Math.max(...run.lines.map((line) => Buffer.byteLength(line)))).toBeLessThan(8192);
  });
});

test('an unreachable host is told as such', async () => {
  const run = await play(`
- hosts: one,gone
  gather_facts: false
  tasks:
    - name: Look
      ansible.builtin.command: "true"
`);
  expect(run.exitCode).toBe(4);
  expect(run.of('unreachable')).toMatchObject([{ host: 'gone', task: 'Look' }]);
  expect(run.of('host')).toContainEqual({ event: 'host', host: 'gone', failed: 0, unreachable: 1 });
});

test('a rescued failure is marked, counts no failed host, and the count still ends at the total', async () => {
  const run = await play(`
- hosts: one
  gather_facts: false
  tasks:
    - block:
        - name: Breaks
          ansible.builtin.command: "false"
        - name: Never reached
          ansible.builtin.command: "true"
      rescue:
        - name: Mends
          ansible.builtin.command: "true"
      always:
        - name: Tidies
          ansible.builtin.command: "true"
- hosts: one
  gather_facts: false
  tasks:
    - name: Next
      ansible.builtin.command: "true"
`);
  expect(run.exitCode, run.log).toBe(0);
  expect(run.of('failed')).toMatchObject([{ task: 'Breaks', rescuable: true }]);
  expect(run.of('host')).toEqual([{ event: 'host', host: 'one', failed: 0, unreachable: 0 }]);
  expect(run.of('start')).toEqual([{ event: 'start', total: 4 }]);
  expect(run.of('task').at(-1)).toMatchObject({ name: 'Next', done: 4, total: 4 });
});

test('a playbook that cannot be parsed leaves no recap', async () => {
  const run = await play(`
- hosts: one
  gather_facts: false
  tasks:
    - name: Starts
      ansible.builtin.command: "true"
    - ansible.builtin.include_tasks: not-there.yml
`);
  expect(run.exitCode).not.toBe(0);
  expect(run.of('host')).toMatchObject([{ host: 'one', failed: 1 }]);
});
