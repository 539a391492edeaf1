import { etcdProxyCertificates } from '../cluster/render/etcd-proxy-certificates.ts';
import { etcdProxyConfigPath } from '../cluster/render/etcd-proxy.ts';
import type { Host } from '../hosts/host.ts';
import { sh } from '../hosts/shell.ts';
import { problem } from './step.ts';

const folder = '/etc/apparmor.d';

/** The profile that confines haproxy, and the last file of local rules that it includes. Nothing: no AppArmor, or no such profile. */
export const haproxyProfile = sh`
if [ "$(cat /sys/module/apparmor/parameters/enabled 2>/dev/null)" = Y ]; then
  profile=$(grep -lsE '^[^#]*/usr/sbin/haproxy .*\\{' ${folder}/* | head -n 1)
  if [ -n "$profile" ]; then
    echo "$profile"
    sed -nE 's/^ *#?include .*<(local\\/[^>]+)>.*/\\1/p' "$profile" | tail -n 1
  fi
fi`;

/** What haproxy before etcd reads and opens, and a distribution's own haproxy does not. */
const rules = `# Written by holdfast, for haproxy before etcd.
${etcdProxyConfigPath}* r,
${etcdProxyCertificates.folder}/ r,
${etcdProxyCertificates.folder}/** rwl,
`;

/**
 * AppArmor lets haproxy run before etcd: openSUSE ships a profile that knows of /etc/haproxy alone. Nothing to do where no
 * profile confines it. Throws `ProblemFound` for one that takes no local rules.
 */
export async function allowHaproxy(host: Host, signal: AbortSignal): Promise<boolean> {
  const options = { sudo: true, signal };
  const [profile = '', local = ''] = (await host.run(haproxyProfile, options)).stdout.trim().split('\n');
  if (profile === '') return false;
  if (local === '')
    throw problem(
      host.name,
      `AppArmor's profile ${profile} confines haproxy and includes no file of local rules`,
      `Let it have these rules, and load it with apparmor_parser -r:\n${rules}`,
    );
  const path = `${folder}/${local}`;
  const before = (await host.readFile(path, options))?.toString() ?? '';
  if (before.includes(rules)) return false;
  const write = (content: string) => host.writeFile({ path, content, mode: 0o644, ...options });
  await write(`${before}${before === '' || before.endsWith('\n') ? '' : '\n'}${rules}`);
  try {
    await host.run(sh`apparmor_parser -r ${profile}`, options);
  } catch (error) {
    // Else the next look would find rules that nothing has loaded.
    await write(before);
    throw error;
  }
  return true;
}
