import { sh } from '../hosts/shell.ts';
import { apiServerManifest, asideManifest, running } from './restore/static-pods.ts';
import { type StepBody, notYet, step } from './step.ts';

/**
 * Its manifest is put aside, so that neither the kubelet nor a reboot brings it back, and its container ends: an API
 * server that reached an old member would serve a state that is about to go.
 */
const body: StepBody<'stop-api-server'> = async (_, { host, signal }) => {
  const { stdout } = await host.run(
    sh`set -eu
${running}
if [ -e ${apiServerManifest} ]; then
  install -d -m 0700 ${asideManifest.replace(/\/[^/]*$/, '')}
  mv -f -- ${apiServerManifest} ${asideManifest}; echo moved
elif [ ! -e ${asideManifest} ]; then
  ids=$(running kube-apiserver)
  [ -n "$ids" ] || { echo none; exit 0; }
fi
# The kubelet may start it once more before it sees that the manifest is gone.
quiet=0
for try in $(seq 60); do
  ids=$(running kube-apiserver)
  if [ -z "$ids" ]; then quiet=$((quiet + 1)); [ "$quiet" -lt 3 ] || { echo stopped; exit 0; }
  else quiet=0; echo ended; crictl stop -t 3 $ids > /dev/null || true; fi
  sleep 1
done
echo still`,
    { sudo: true, signal, timeout: 300 },
  );
  const said = stdout.split('\n');
  if (said.includes('none')) return { changed: false, summary: 'no API server runs here' };
  if (said.includes('still'))
    throw notYet(
      host.name,
      'the API server is started again and again',
      `Look at crictl ps on ${host.name}.`,
    );
  const changed = said.includes('moved') || said.includes('ended');
  return { changed, summary: `the API server is stopped, its manifest is ${asideManifest}` };
};

export const stopApiServer = step('stop-api-server', body);
