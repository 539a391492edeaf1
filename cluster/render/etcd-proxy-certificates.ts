const kubespray = '/etc/ssl/etcd/ssl';
const folder = '/run/holdfast-etcd-proxy';

export const etcdProxyCertificates = {
  /** The unit's runtime directory, 0700: what haproxy reads. */
  folder,
  ca: `${folder}/ca.pem`,
  client: `${folder}/client.pem`,
  script: '/usr/local/lib/holdfast/etcd-proxy-certificates',
  /** What Kubespray (or a promotion) places on a host: CA, client certificate, key. */
  sources: (self: string): readonly string[] => [
    `${kubespray}/ca.pem`,
    `${kubespray}/node-${self}.pem`,
    `${kubespray}/node-${self}-key.pem`,
  ],
} as const;

/** What the units of the proxy and holdfast itself ask about this host's certificate, and have done with it. */
export function renderCertificatesScript(self: string, unit: string): string {
  const [ca, certificate, key] = etcdProxyCertificates.sources(self);
  return `#!/bin/sh
# The client certificate for etcd of ${self}, for haproxy before etcd. Written by holdfast: changes made here are overwritten.
#   state    absent: not all of it is there; fresh: haproxy's files hold it; stale: they do not
#   combine  makes haproxy's files: certificate and key in one, and etcd's CA
#   follow   has the unit take it, as long as it still changes: it is written file by file
set -eu
umask 077
ca=${ca}
certificate=${certificate}
key=${key}
folder=${folder}

fits() {
  [ "$(openssl x509 -in "$certificate" -noout -pubkey)" = "$(openssl pkey -in "$key" -pubout)" ]
}

state() {
  if ! [ -s "$ca" ] || ! [ -s "$certificate" ] || ! [ -s "$key" ]; then echo absent
  elif cmp -s "$ca" "$folder/ca.pem" && cat "$certificate" "$key" | cmp -s - "$folder/client.pem"; then echo fresh
  else echo stale; fi
}

combine() {
  if [ "$(state)" = fresh ]; then return; fi
  fits || { echo "$key does not belong to $certificate" >&2; exit 1; }
  cp "$ca" "$folder/ca.pem.new"
  cat "$certificate" "$key" > "$folder/client.pem.new"
  mv "$folder/ca.pem.new" "$folder/ca.pem"
  mv "$folder/client.pem.new" "$folder/client.pem"
}

follow() {
  seen=
  while now=$(cat "$ca" "$certificate" "$key" 2> /dev/null | sha256sum); [ "$now" != "$seen" ]; do
    seen=$now
    if [ "$(state)" = stale ] && fits; then systemctl reload-or-restart ${unit}; fi
    # No change is seen from outside while this runs: what is written meanwhile is found here.
    sleep 1
  done
}

case \${1-} in
  state | combine | follow) "$1" ;;
  *) sed -n '3,5s/^# *//p' "$0" >&2; exit 64 ;;
esac
`;
}
