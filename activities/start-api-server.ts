import { sh } from '../hosts/shell.ts';
import { apiServerManifest, asideManifest, running } from './restore/static-pods.ts';
import { type StepBody, notYet, step } from './step.ts';

/** Its manifest goes back to where the kubelet sees it, and it is ready. */
const body: StepBody<'start-api-server'> = async (_, { host, signal }) => {
  const { code, stdout, stderr } = await host.run(
    sh`set -eu
${running}
if [ -e ${asideManifest} ]; then
  mv -f -- ${asideManifest} ${apiServerManifest}; rmdir -- ${asideManifest.replace(/\/[^/]*$/, '')}; echo moved
elif [ ! -e ${apiServerManifest} ]; then echo none; exit 0
fi
port=$(sed -n 's/.*--secure-port=\\([0-9]*\\).*/\\1/p' ${apiServerManifest})
for try in $(seq 120); do
  said=$(curl -sk --noproxy '*' -m 2 "https://127.0.0.1:\${port:-6443}/readyz") || true
  [ "$said" != ok ] || { echo ready; exit 0; }
  sleep 0.5
done
echo "\${said:-no answer}" | tail -c 400 >&2; exit 3`,
    { sudo: true, signal, ok: [0, 3], timeout: 280 },
  );
  const said = stdout.split('\n');
  if (said.includes('none')) return { changed: false, summary: 'no API server runs here' };
  if (code === 0) return { changed: said.includes('moved'), summary: 'the API server is ready' };
  throw notYet(
    host.name,
    `the API server is not ready: ${stderr.trim()}`,
    `On ${host.name}: crictl ps -a, crictl logs of kube-apiserver; journalctl -u kubelet.`,
  );
};

export const startApiServer = step('start-api-server', body);
