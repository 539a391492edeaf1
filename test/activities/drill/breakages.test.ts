import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import { scriptsOf } from '../../../activities/drill/breakages.ts';
import type { Breakage } from '../../../cluster/drill/stories.ts';
import { fakeHost } from '../../../hosts/fake.ts';

const host = fakeHost('master-3').on('echo "$SSH_CONNECTION"', {
  stdout: '192.0.2.5 50122 192.0.2.33 22\n',
});
const signal = new AbortController().signal;
const scripts = (breakage: Breakage) => scriptsOf(host, breakage, signal);

/** Namespaces of its own, or these scripts would break the machine that the test runs on. */
const apart = ['--net', '--pid', '--fork', '--mount-proc', '--mount'];
const mayRun = (await execa('unshare', [...apart, 'true'], { reject: false })).exitCode === 0;

async function inside(script: string): Promise<string[]> {
  const { stdout } = await execa('unshare', [...apart, 'bash', '-c', script]);
  return stdout.split('\n');
}

it.each<Breakage>([
  { kind: 'silence', door: true },
  { kind: 'silence', door: false },
  { kind: 'frozen' },
  { kind: 'balancer', addresses: ['10.0.0.100'] },
])(
  '$kind leaves nothing in its scripts that systemd would fill in before the shell reads it',
  async (one) => {
    const s = await scripts(one);
    for (const script of [s.break, s.restore]) expect(script.text).not.toMatch(/\$\{|\$\$/);
  },
);

describe.skipIf(!mayRun)('a host that falls silent', () => {
  const network =
    'ip link set lo up; ip link add eth0 type veth peer name eth1; ip link set eth1 up; ip addr add 192.0.2.33/24 dev eth0; ip link set eth0 up';
  const ask = (what: string, command: string) =>
    `if ${command} >/dev/null 2>&1; then echo ${what} yes; else echo ${what} no; fi`;
  const everything = [
    ask('bastion-ssh', 'ip route get 192.0.2.5 ipproto tcp sport 22'),
    ask('bastion-api', 'ip route get 192.0.2.5 ipproto tcp sport 6443'),
    ask('others', 'ip route get 192.0.2.99 ipproto tcp sport 22'),
    ask('itself', 'ip route get 192.0.2.33'),
  ].join('\n');

  it.each([
    [true, 'yes'],
    [false, 'no'],
  ])('sends nothing more but to SSH from the bastion (door: %s), and all of it again', async (door, open) => {
    const s = await scripts({ kind: 'silence', door });
    const state = `${ask('ready', s.isReady.text)}\n${ask('broken', s.isBroken.text)}\n${everything}`;
    const whole = [
      'ready yes',
      'broken no',
      'bastion-ssh yes',
      'bastion-api yes',
      'others yes',
      'itself yes',
    ];
    const silent = [
      ...['ready no', 'broken yes', `bastion-ssh ${open}`, 'bastion-api no', 'others no', 'itself yes'],
    ];
    const twice = (script: string) => `( ${script} ) && ( ${script} ) && echo done`;
    expect(
      await inside(
        [network, state, twice(s.break.text), state, twice(s.restore.text), state, 'ip rule | wc -l'].join(
          '\n',
        ),
      ),
    ).toEqual([...whole, 'done', ...silent, 'done', ...whole, '3']);
  });

  it('is not one that has such rules of its own: they would be taken away', async () => {
    const s = await scripts({ kind: 'silence', door: true });
    const own = 'ip rule add pref 1 to 198.51.100.0/24 lookup main';
    expect(await inside([network, own, ask('ready', s.isReady.text)].join('\n'))).toEqual(['ready no']);
  });
});

describe.skipIf(!mayRun)('a control plane that stands still', () => {
  it('is stopped and goes on, all processes of it and no other', async () => {
    const s = await scripts({ kind: 'frozen' });
    const processes = ['kubelet', 'kube-apiserver', 'kube-controller-manager', 'kube-scheduler', 'etcd'];
    const states = 'ps -eo stat=,comm= | grep -E "kube|etcd" | sed -E "s/^(.)[^ ]* +/\\1 /" | sort -k2';
    const begin = [
      'cd "$(mktemp -d)"',
      // Nobody else's processes are seen here.
      '[ "$(pgrep -c kube-apiserver)" = 0 ] || exit 99',
      ...processes.map((name) => `cp "$(command -v sleep)" ${name}; ./${name} 60 & `),
      'sleep 0.3',
    ];
    const ask = (script: string) => `if ${script}; then echo yes; else echo no; fi`;
    const lines = await inside(
      [
        ...begin,
        ask(s.isReady.text),
        s.break.text,
        s.break.text,
        ask(s.isBroken.text),
        ask(s.isReady.text),
        states,
        s.restore.text,
        ask(s.isBroken.text),
        states,
        'kill $(jobs -p)',
      ].join('\n'),
    );
    const names = ['etcd', 'kube-apiserver', 'kube-controller', 'kube-scheduler', 'kubelet'];
    expect(lines).toEqual([
      ...['yes', 'yes', 'no'],
      ...names.map((name) => `${name === 'etcd' ? 'S' : 'T'} ${name}`),
      'no',
      ...names.map((name) => `S ${name}`),
    ]);
  });
});

describe('a load balancer that stands still', () => {
  it('gives up each of the addresses that it holds, without a word', async () => {
    const s = await scripts({ kind: 'balancer', addresses: ['10.0.0.100', '10.0.0.101'] });
    const [stop, addresses] = s.break.text.split('\n');
    expect(stop).toBe('systemctl kill -s STOP keepalived haproxy');
    expect(addresses).toMatch(
      /^for a in 10\.0\.0\.100 10\.0\.0\.101; do .*ip addr del "\$cidr" dev "\$device"/,
    );
    expect(s.restore.text).toContain(
      'systemctl kill -s KILL keepalived; systemctl restart haproxy keepalived',
    );
  });
});
