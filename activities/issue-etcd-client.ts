import type { Host } from '../hosts/host.ts';
import { type ShellCommand, sh } from '../hosts/shell.ts';
import { answering } from './answering.ts';
import { firstOf } from './backup-places.ts';
import { candidateLock } from './candidate-lock.ts';
import { type StepBody, notYet, step } from './step.ts';

const folder = '/etc/ssl/etcd/ssl';

/**
 * The pair by which an API server on this host will talk to etcd, from an etcd host that holds the CA's key. The names
 * of the old control plane's pairs lead to it: kubeadm's configuration in the cluster may still name one of them.
 */
const body: StepBody<'issue-etcd-client'> = async (call, { host, other, signal }) => {
  const pair = `node-${host.name}`;
  const old = call.controlPlane.filter((name) => name !== host.name);
  const before = await linked(host, pair, old, signal);
  if (before.fits) return { changed: before.changed, summary: `${folder}/${pair}.pem fits etcd’s CA` };

  const live = await answering(call.etcd.map(other), signal);
  const { from, files } = await firstOf(
    live.map(({ name }) => name),
    other,
    async (etcd) => ({ from: etcd.name, files: await issued(etcd, host.name, signal) }),
  );
  await host.run(
    sh`set -eu; umask 077
${candidateLock}
[ -d ${folder} ] || install -d -m 0700 /etc/ssl/etcd ${folder}
cd ${folder}
place() { read -r line; printf %s "$line" | base64 -d > ".$1.new"; mv -fT -- ".$1.new" "$1"; }
place ca.pem; place ${pair}-key.pem; place ${pair}.pem`,
    { sudo: true, signal, stdin: files, secret: true },
  );
  if (!(await linked(host, pair, old, signal)).fits)
    throw notYet(
      host.name,
      `the etcd client certificate that ${from} gave does not fit its key or etcd’s CA`,
      `Look at ${folder} on ${from}: does ca-key.pem belong to ca.pem?`,
    );
  return { changed: true, summary: `${folder}/${pair}.pem issued by ${from}` };
};

export const issueEtcdClient = step('issue-etcd-client', body);

/** Run in the folder: whole, signed by etcd's CA, its key's own, good for another day. */
function fit(pair: string): ShellCommand {
  return sh`cd ${folder} 2>/dev/null && [ -s ca.pem ] && [ -s ${pair}-key.pem ] &&
openssl verify -CAfile ca.pem ${pair}.pem > /dev/null 2>&1 && openssl x509 -in ${pair}.pem -noout -checkend 86400 > /dev/null &&
[ "$(openssl x509 -in ${pair}.pem -noout -pubkey)" = "$(openssl pkey -in ${pair}-key.pem -pubout)" ]`;
}

/** Whether the pair is there and fits. Where it does, the old names lead to it afterwards. */
async function linked(host: Host, pair: string, old: readonly string[], signal: AbortSignal) {
  const { code, stdout } = await host.run(
    sh`${fit(pair)} || exit 3
for name in ${old}; do for end in .pem -key.pem; do
  [ -e "node-$name$end" ] || { ln -sfT ${`${folder}/${pair}`}"$end" "node-$name$end" && echo linked; } || exit 1
done; done`,
    { sudo: true, signal, ok: [0, 3] },
  );
  return { fits: code === 0, changed: stdout !== '' };
}

/** CA, key and certificate, one line of base64 each. Made by Kubespray's own script where they are not there or do not fit. */
async function issued(etcd: Host, name: string, signal: AbortSignal): Promise<string> {
  const pair = `node-${name}`;
  const { stdout } = await etcd.run(
    sh`set -eu; umask 077; cd ${folder}
[ -s ca-key.pem ] || { echo 'it does not hold the key of etcd’s CA' >&2; exit 1; }
exec 9>> /run/holdfast-etcd-certificates.lock; flock -w 50 9
( ${fit(pair)} ) || HOSTS=${name} bash /usr/local/bin/etcd-scripts/make-ssl-etcd.sh -f /etc/ssl/etcd/openssl.conf -d ${folder} > /dev/null
for file in ca.pem ${pair}-key.pem ${pair}.pem; do base64 -w0 "$file"; echo; done`,
    { sudo: true, signal, secret: true },
  );
  return stdout;
}
