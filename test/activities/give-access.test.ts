import { beforeEach, describe, expect, it } from 'vitest';
import { giveAccess } from '../../activities/give-access.ts';
import type { AccessInput } from '../../cluster/access.ts';
import { type FakeHost, fakeHost } from '../../hosts/fake.ts';
import { runStep } from './run-step.ts';

const kubectl = 'kubectl --kubeconfig /var/lib/holdfast/demo/kubeconfig';
const timed = `${kubectl} --request-timeout=20s`;
const file = '/home/ann/.kube/holdfast-demo';
const asked: AccessInput = {
  ...{ user: 'ann', role: 'edit', namespace: 'apps', seconds: 28_800 },
  ...{ server: 'https://10.0.0.100:6443', taken: false },
};
let bastion: FakeHost;
let bindings: { cluster: object[]; local: object[] };
let same: boolean;
let signed: string[];
const give = (more: Partial<AccessInput> = {}) => runStep(giveAccess, { ...asked, ...more }, [bastion]);
const binding = (name: string, namespace?: string) => ({
  metadata: { name, ...(namespace !== undefined && { namespace }) },
});
const deletes = () => bastion.done.filter((line) => / delete (cluster)?rolebinding /.test(line));

beforeEach(() => {
  bindings = { cluster: [], local: [] };
  same = false;
  signed = [];
  bastion = fakeHost('bastion-1')
    .on('getent passwd ann', { stdout: 'ann:x:1001:1001:Ann:/home/ann:/bin/bash\n' })
    .on(`${timed} get clusterrolebindings --selector holdfast.dev/access=ann -o json`, () => ({
      stdout: JSON.stringify({ items: bindings.cluster }),
    }))
    .on(`${timed} get rolebindings --all-namespaces --selector holdfast.dev/access=ann -o json`, () => ({
      stdout: JSON.stringify({ items: bindings.local }),
    }))
    .on(`${kubectl} diff -f -`, () => ({ code: same ? 0 : 1 }))
    .on(`${timed} apply -f -`, () => ((same = true), {}))
    .on(/ delete (cluster)?rolebinding \S+ --ignore-not-found$/)
    .on(/openssl req -new/, (command) => (signed.push(command), {}))
    .on(
      `runuser -u ann -- kubectl --kubeconfig ${file} --request-timeout=20s auth can-i create configmaps --namespace apps`,
      {
        stdout: 'yes\n',
      },
    );
});

describe('give-access', () => {
  it('binds the role, has a certificate signed that expires, and asks as the user whether it is of use', async () => {
    expect(await give()).toEqual({
      changed: true,
      summary: `ann: edit in apps for 480 minutes, by ${file}`,
    });
    expect(JSON.parse(bastion.stdins.at(-2) ?? '')).toMatchObject({
      kind: 'RoleBinding',
      metadata: {
        name: 'holdfast-access-ann-edit',
        namespace: 'apps',
        labels: { 'holdfast.dev/access': 'ann' },
      },
      roleRef: { kind: 'ClusterRole', name: 'edit' },
      subjects: [{ kind: 'User', name: 'holdfast:ann' }],
    });
    expect(signed).toHaveLength(1);
    expect(signed[0]).toContain('"expirationSeconds":28800');
    // What is written below the home folder is written by its owner.
    expect(signed[0]).toMatch(
      /runuser -u ann -- sh -c '.*' sh \/home\/ann\/\.kube\/holdfast-demo < "\$work\/config"$/,
    );
  });

  it('gives one role at a time: what another command gave before is removed', async () => {
    bindings = {
      cluster: [binding('holdfast-access-ann-view')],
      local: [binding('holdfast-access-ann-edit', 'apps'), binding('holdfast-access-ann-admin', 'tools')],
    };
    same = true;
    await give();
    expect(deletes()).toEqual([
      `${timed} delete clusterrolebinding holdfast-access-ann-view --ignore-not-found`,
      `${timed} --namespace tools delete rolebinding holdfast-access-ann-admin --ignore-not-found`,
    ]);
  });

  it('makes a new certificate each time, and says where the role was theirs before', async () => {
    bindings.local = [binding('holdfast-access-ann-edit', 'apps')];
    same = true;
    expect((await give()).summary).toContain('; the role was theirs before');
    expect(signed).toHaveLength(1);
  });

  it('takes roles and file away, and finds nothing a second time', async () => {
    bindings.cluster = [binding('holdfast-access-ann-view')];
    let there = true;
    bastion.on(/^runuser -u ann -- sh -c 'if \[ -e "\$1" \]/, () => {
      const stdout = there ? 'gone\n' : '';
      there = false;
      return { stdout };
    });
    expect(await give({ taken: true })).toEqual({
      changed: true,
      summary: 'ann has no role any more, and no kubeconfig',
    });
    bindings.cluster = [];
    expect(await give({ taken: true })).toEqual({ changed: false, summary: 'ann has no access' });
    expect(signed).toEqual([]);
  });

  it('of somebody whom the bastion does not know says how to make the user, and touches nothing', async () => {
    bastion.on('getent passwd ann', { code: 2 });
    await expect(give()).rejects.toMatchObject({
      type: 'ProblemFound',
      message: expect.stringContaining('there is no user ann') as unknown,
    });
    expect(deletes()).toEqual([]);
    expect(signed).toEqual([]);
  });

  it('takes the roles of somebody away whom the bastion knows no more', async () => {
    bastion.on('getent passwd ann', { code: 2 });
    bindings.cluster = [binding('holdfast-access-ann-view')];
    expect(await give({ taken: true })).toMatchObject({ changed: true });
    expect(deletes()).toEqual([
      `${timed} delete clusterrolebinding holdfast-access-ann-view --ignore-not-found`,
    ]);
    bindings.cluster = [];
    expect(await give({ taken: true })).toEqual({ changed: false, summary: 'ann has no access' });
  });

  it('is not done while the file does not allow what it is for', async () => {
    bastion.on(/auth can-i/, { code: 1, stdout: 'no\n' });
    await expect(give()).rejects.toMatchObject({
      type: 'NotYet',
      message: expect.stringContaining(`ann may not create configmaps by ${file}: no`) as unknown,
    });
  });
});
