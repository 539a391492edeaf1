import { expect, test } from 'vitest';
import { installAnsible } from '../../activities/install-ansible.ts';
import { fakeHost } from '../../hosts/fake.ts';
import { callStep, failureOf } from './call-step.ts';

const root = '/var/lib/holdfast/demo';
const kubespray = { version: 'v1', source: '/source', vars: {} };
const looks = /test -e \S+\/complete && LC_ALL=C.UTF-8 \S+\/bin\/ansible --version$/;
const version = (text: string) => ({ stdout: `ansible [core ${text}]\n  config file = None\n` });
const range = 'vars:\n    minimal_ansible_version: 2.18.0\n    maximal_ansible_version: 2.19.0\n';
const bastion = (requirements: string | undefined = 'ansible==11.13.0\n') =>
  fakeHost('bastion-1')
    .file(`${root}/kubespray/requirements.txt`, requirements)
    .file(`${root}/kubespray/playbooks/ansible_version.yml`, range)
    .file(`${root}/venv.json`, undefined)
    .on(/^cat \/etc\/os-release/, { stdout: 'ID=debian\nVERSION_ID="12"\n' })
    .on(/^dpkg-query/, { stdout: 'git ii \nopenssh-client ii \npython3-venv ii \n' })
    .on(/^for python in/, { stdout: '/usr/bin/python3.11 3.11.2\n' });
const run = (host: ReturnType<typeof fakeHost>) => callStep(installAnsible, { kubespray }, [host]);

test('a venv is made once for these requirements, behind a lock, and named in a record', async () => {
  const host = bastion()
    .expect(looks, { code: 1 })
    .expect(
      /exec flock .*-m venv .*-r \/var\/lib\/holdfast\/demo\/kubespray\/requirements.txt\ntouch .*\/complete/s,
    )
    .expect(looks, version('2.18.19'));
  expect(await run(host)).toEqual({
    changed: true,
    summary: 'ansible-core 2.18.19 with Python 3.11.2 installed',
  });
  host.verify();
  expect(host.content(`${root}/venv.json`)).toMatch(
    /"venv": "\/var\/lib\/holdfast\/demo\/venv-[0-9a-f]{12}"/,
  );
  expect(await run(host.on(looks, version('2.18.19')))).toMatchObject({ changed: false });
});

test.each(['2.17.3', '2.19.0'])(
  'ansible-core %s is outside of the range that Kubespray names',
  async (found) => {
    const failure = await failureOf(run(bastion().on(looks, version(found))));
    expect(failure).toMatchObject({ type: 'ProblemFound' });
    expect(failure.message).toContain('2.18.0 up to, not with, 2.19.0');
  },
);

test('an ansible that does not run after the installation is told', async () => {
  const failure = await failureOf(
    run(
      bastion()
        .on(looks, { code: 1 })
        .on(/exec flock/),
    ),
  );
  expect(failure).toMatchObject({ type: 'NotYet' });
});

test('a checkout without requirements, and a system without Python, are for a person', async () => {
  const bare = bastion();
  bare.file(`${root}/kubespray/requirements.txt`, undefined);
  expect((await failureOf(run(bare))).message).toContain('no requirements.txt');
  expect((await failureOf(run(bastion().on(/^for python in/, { stdout: '' })))).message).toContain(
    'no python3',
  );
});

const asked = /^for python in .*import ensurepip/;
const old = { stdout: '/usr/bin/python3.10 3.10.12\n/usr/bin/python3 3.10.12\n' };

test.each([
  ['ubuntu', '22.04', '', 'python3.11 python3.11-venv', 'ii'],
  ['rocky', '9.6', 'rhel centos fedora', 'python3.11', 'installed'],
  ['opensuse-leap', '15.6', 'suse opensuse', 'python311', 'installed'],
])(
  'on %s %s, whose python3 is too old, a newer one is installed and makes the venv',
  async (id, versionId, like, packages, status) => {
    const os = `ID="${id}"\nVERSION_ID="${versionId}"\nID_LIKE="${like}"\n`;
    const all = ['git', 'git-core', 'openssh-client', 'openssh-clients', 'python3-venv'];
    let installed = all;
    const host = bastion()
      .on('cat /etc/os-release', { stdout: os })
      .on(/^(dpkg-query|sh -c)/, () => ({ stdout: installed.map((name) => `${name} ${status} \n`).join('') }))
      .on(/^env .*(update|makecache|refresh)$/)
      .on(/^env .* install /, (command) => {
        expect(command.endsWith(` ${packages}`)).toBe(true);
        installed = [...all, ...packages.split(' ')];
        return {};
      })
      .on(asked, () => (installed === all ? old : { stdout: `/usr/bin/python3.11 3.11.9\n${old.stdout}` }))
      .expect(looks, { code: 1 })
      .expect(/exec flock .* \/usr\/bin\/python3.11 -m venv /s)
      .expect(looks, version('2.18.19'));
    expect(await run(host)).toMatchObject({
      changed: true,
      summary: 'ansible-core 2.18.19 with Python 3.11.9 installed',
    });
    host.verify();
  },
);

test('a Python that is newer than Kubespray’s Ansible bears is passed by', async () => {
  const host = bastion('ansible==10.7.0\n')
    .file(
      `${root}/kubespray/playbooks/ansible_version.yml`,
      range.replace('2.18', '2.17').replace('2.19', '2.18'),
    )
    .on(asked, { stdout: '/usr/bin/python3.13 3.13.5\n/usr/bin/python3.12 3.12.9\n' })
    .on(looks, version('2.17.14'));
  expect((await run(host)).summary).toBe('ansible-core 2.17.14 with Python 3.12.9 installed');
});

test('where no Python fits and the system has no other, the range and what is there are told', async () => {
  const failure = await failureOf(run(bastion().on(asked, old)));
  expect(failure).toMatchObject({ type: 'ProblemFound' });
  expect(failure.message).toContain(
    'ansible-core 2.18.0 runs on Python 3.11 to 3.13; with venv there is 3.10.12',
  );
});
