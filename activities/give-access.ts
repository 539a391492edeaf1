import { accessLabel, accessUser, bindingName, renderBinding } from '../cluster/access.ts';
import type { StepCall } from '../cluster/steps.ts';
import type { Host } from '../hosts/host.ts';
import { sh } from '../hosts/shell.ts';
import { bastionPaths } from './bastion-paths.ts';
import { compareManifest } from './compare-manifest.ts';
import { kubectlOn } from './kubectl.ts';
import type { List, ObjectMeta } from './kubernetes-objects.ts';
import { type StepBody, type StepTools, notYet, problem, step } from './step.ts';

type Call = StepCall<'give-access'>;

/**
 * A person's own kubeconfig on the bastion, with a client certificate that expires by itself, and a binding to one of
 * Kubernetes' roles. The key is made on the bastion and never leaves it.
 */
const body: StepBody<'give-access'> = async (call, tools) => {
  const { host, signal } = tools;
  const home = await homeOf(call.user, host, signal);
  if (call.taken) return takeAway(call, home, tools);
  if (home === undefined)
    throw problem(
      host.name,
      `there is no user ${call.user} with a home folder`,
      `Make the user on ${host.name} (useradd --create-home ${call.user}), with a key to log in by; then retry.`,
    );
  const path = kubeconfigIn(home, call);
  const others = await removeBindings(call, (name, namespace) => !isWanted(call, name, namespace), tools);
  const bound = await bind(call, tools);
  await writeKubeconfig(call, path, tools);
  const verb = { view: 'get', edit: 'create', admin: 'create' }[call.role];
  await ask(call, path, verb, tools);
  const where = call.namespace === undefined ? 'in the whole cluster' : `in ${call.namespace}`;
  const until = `for ${Math.round(call.seconds / 60)} minutes`;
  return {
    changed: true,
    summary: `${call.user}: ${call.role} ${where} ${until}, by ${path}${bound || others > 0 ? '' : '; the role was theirs before'}`,
  };
};

export const giveAccess = step('give-access', body);

const kubeconfigIn = (home: string, { cluster }: Call): string => `${home}/.kube/holdfast-${cluster}`;

async function homeOf(user: string, host: Host, signal: AbortSignal): Promise<string | undefined> {
  const { code, stdout } = await host.run(sh`getent passwd ${user}`, { signal, ok: [0, 2] });
  const home = stdout.trim().split(':')[5];
  return code === 0 && home?.startsWith('/') && home !== '/' ? home : undefined;
}

const isWanted = ({ user, role, namespace }: Call, name: string, found: string | undefined): boolean =>
  name === bindingName({ user, role }) && found === namespace;

/** One access a person: what another command gave before does not stay beside it. Returns how many were removed. */
async function removeBindings(
  call: Call,
  which: (name: string, namespace: string | undefined) => boolean,
  { host, signal }: StepTools,
): Promise<number> {
  const kubectl = kubectlOn(host, call.cluster, signal);
  const label = ['--selector', `${accessLabel}=${call.user}`];
  const [cluster, local] = await Promise.all([
    kubectl.get<List<{ metadata: ObjectMeta }>>(['get', 'clusterrolebindings', ...label]),
    kubectl.get<List<{ metadata: ObjectMeta }>>(['get', 'rolebindings', '--all-namespaces', ...label]),
  ]);
  const found = [...cluster.items, ...local.items].map(({ metadata }) => metadata);
  const unwanted = found.filter(({ name, namespace }) => which(name, namespace));
  for (const { name, namespace } of unwanted)
    await kubectl.run(
      namespace === undefined
        ? ['delete', 'clusterrolebinding', name, '--ignore-not-found']
        : ['--namespace', namespace, 'delete', 'rolebinding', name, '--ignore-not-found'],
    );
  return unwanted.length;
}

async function bind(call: Call, { host, signal }: StepTools): Promise<boolean> {
  const manifest = renderBinding(call);
  const compare = () => compareManifest(host, call.cluster, manifest, { step: 'give-access', signal });
  if ((await compare()) === 'same') return false;
  await kubectlOn(host, call.cluster, signal).run(['apply', '-f', '-'], { stdin: manifest });
  if ((await compare()) === 'same') return true;
  throw notYet(
    host.name,
    `the binding of ${call.user} differs still after it was applied`,
    'holdfast kubectl -- get rolebindings -A',
  );
}

/** Key, request, signature and file, all on the bastion; the file is whole or absent, and the user's alone. */
async function writeKubeconfig(call: Call, path: string, { host, signal }: StepTools): Promise<void> {
  const { kubeconfig } = bastionPaths(call.cluster);
  const name = `holdfast-access-${call.user}`;
  const request = JSON.stringify({
    apiVersion: 'certificates.k8s.io/v1',
    kind: 'CertificateSigningRequest',
    metadata: { name },
    spec: {
      request: 'REQUEST',
      signerName: 'kubernetes.io/kube-apiserver-client',
      expirationSeconds: call.seconds,
      usages: ['client auth'],
    },
  });
  await host.run(
    sh`
set -eu
umask 077
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
admin() { kubectl --kubeconfig ${kubeconfig} --request-timeout=20s "$@"; }
openssl ecparam -name prime256v1 -genkey -noout -out "$work/key"
openssl req -new -key "$work/key" -subj ${`/CN=${accessUser(call.user)}`} -out "$work/csr"
admin delete csr ${name} --ignore-not-found > /dev/null
printf '%s' ${request} | sed "s|REQUEST|$(base64 -w0 < "$work/csr")|" | admin create -f - > /dev/null
admin certificate approve ${name} > /dev/null
for n in $(seq 20); do
  admin get csr ${name} -o 'jsonpath={.status.certificate}' | base64 -d > "$work/crt"
  [ ! -s "$work/crt" ] || break
  sleep 0.5
done
admin delete csr ${name} > /dev/null
[ -s "$work/crt" ] || { echo 'the request was approved and not signed: does the controller-manager work?' >&2; exit 1; }
admin config view --raw --minify -o 'jsonpath={.clusters[0].cluster.certificate-authority-data}' | base64 -d > "$work/ca"
[ -s "$work/ca" ] || { echo ${`${kubeconfig} names no certificate authority`} >&2; exit 1; }
made() { kubectl --kubeconfig "$work/config" config "$@" > /dev/null; }
made set-cluster ${call.cluster} --server ${call.server} --certificate-authority "$work/ca" --embed-certs
made set-credentials ${call.user} --client-certificate "$work/crt" --client-key "$work/key" --embed-certs
made set-context ${call.cluster} --cluster ${call.cluster} --user ${call.user} --namespace ${call.namespace ?? 'default'}
made use-context ${call.cluster}
${asUser(call.user)} sh -c ${put} sh ${path} < "$work/config"`,
    { sudo: true, signal, timeout: 90 },
  );
}

/** Root writes nothing below a home folder: its owner decides what the paths there lead to. */
const asUser = (user: string) => sh`runuser -u ${user} --`;
const put = 'set -eu; umask 077; mkdir -p "$(dirname "$1")"; cat > "$1.new"; mv -f "$1.new" "$1"';

/** As the user, by the file itself: what it is for is allowed. */
async function ask(call: Call, path: string, verb: string, { host, signal }: StepTools): Promise<void> {
  const where = call.namespace === undefined ? ['--all-namespaces'] : ['--namespace', call.namespace];
  const { stdout, stderr } = await host.run(
    sh`${asUser(call.user)} kubectl --kubeconfig ${path} --request-timeout=20s auth can-i ${verb} configmaps ${where}`,
    { sudo: true, signal, ok: 'any' },
  );
  if (stdout.trim() === 'yes') return;
  throw notYet(
    host.name,
    `${call.user} may not ${verb} configmaps by ${path}: ${(stdout + stderr).trim().slice(-300)}`,
    `Look at the API servers, then holdfast retry.`,
  );
}

/** Whoever is no user of the bastion any more may hold a copy of the file: the roles go all the same. */
async function takeAway(call: Call, home: string | undefined, tools: StepTools) {
  const removed = await removeBindings(call, () => true, tools);
  const isGone = home !== undefined && (await removeKubeconfig(call, home, tools));
  return removed > 0 || isGone
    ? { changed: true, summary: `${call.user} has no role any more, and no kubeconfig` }
    : { changed: false, summary: `${call.user} has no access` };
}

async function removeKubeconfig(call: Call, home: string, { host, signal }: StepTools): Promise<boolean> {
  const gone = 'if [ -e "$1" ]; then rm -f -- "$1"; echo gone; fi';
  const { stdout } = await host.run(sh`${asUser(call.user)} sh -c ${gone} sh ${kubeconfigIn(home, call)}`, {
    sudo: true,
    signal,
  });
  return stdout.trim() === 'gone';
}
