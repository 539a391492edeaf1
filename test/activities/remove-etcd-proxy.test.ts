import { beforeEach, expect, test } from 'vitest';
import { removeEtcdProxy } from '../../activities/remove-etcd-proxy.ts';
import { etcdProxyConfigPath } from '../../cluster/render/etcd-proxy.ts';
import { type FakeHost, fakeHost } from '../../hosts/fake.ts';
import { runStep } from './run-step.ts';

let host: FakeHost;
let files: string;
let removed: string;
let stopped: string[];
const remove = () => runStep(removeEtcdProxy, {}, [host]);

beforeEach(() => {
  files = `${etcdProxyConfigPath}\n`;
  removed = '';
  stopped = [];
  host = fakeHost('master-1')
    .on(/^for file in \/etc\/holdfast\/etcd-proxy\.cfg .*; do if \[ -e "\$file" \]/, () => ({
      stdout: files,
    }))
    .on(/^systemctl is-active (\S+); systemctl is-enabled \1$/, (command) => {
      const off = stopped.some((unit) => command.includes(unit));
      return off ? { code: 1, stdout: 'inactive\ndisabled\n' } : { stdout: 'active\nenabled\n' };
    })
    .on(/^systemctl disable -q --now (\S+)$/, (command) => (stopped.push(command.split(' ').at(-1)!), {}))
    .on(/^rm -f -- /, (command) => ((removed = command), (files = ''), {}))
    .on(/^systemctl show -p NeedDaemonReload --value /, { stdout: 'no\n' })
    .on('systemctl daemon-reload');
});

test('units are stopped, the one that starts the others first, and files go; a second time there are none', async () => {
  expect(await remove()).toEqual({ changed: true, summary: 'the proxy before etcd is removed' });
  expect(stopped).toEqual([
    'holdfast-etcd-proxy.path',
    'holdfast-etcd-proxy.service',
    'holdfast-etcd-proxy.socket',
  ]);
  expect(removed).toContain('/etc/systemd/system/holdfast-etcd-proxy.path');
  expect(await remove()).toEqual({
    changed: false,
    summary: 'no proxy of holdfast’s stands before etcd',
  });
});

test('files that stay are told', async () => {
  host.on(/^rm -f -- /, {});
  await expect(remove()).rejects.toMatchObject({
    type: 'NotYet',
    message: expect.stringContaining(`still there after rm: ${etcdProxyConfigPath}`) as unknown,
  });
});
