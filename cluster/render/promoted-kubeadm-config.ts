import { YAML11_SCHEMA, dump, loadAll } from 'js-yaml';
import type { NamedAddress, RestorePkiInput } from '../steps.ts';

export type Mapping = { [key: string]: unknown };
type Promoted = RestorePkiInput['candidate'];

/** Those that `kubeadm init` reads; an UpgradeConfiguration beside them it refuses. */
const kept = ['InitConfiguration', 'ClusterConfiguration', 'KubeletConfiguration', 'KubeProxyConfiguration'];

/**
 * A lost control-plane node's kubeadm-config.yaml as the promoted host needs it: its own name, address and etcd client
 * certificate, no taint (it stays a worker), nothing that makes tokens or keys for others. All else is kept as it is.
 * Throws a RangeError that says what the file lacks.
 */
export function promotedKubeadmConfig(text: string, host: Promoted): string {
  const documents = kubeadmDocuments(text).filter(({ kind }) => kept.includes(kind as string));
  const init = only(documents, 'InitConfiguration');
  const old = mapping(init.localAPIEndpoint).advertiseAddress;
  const oldName = mapping(init.nodeRegistration).name;
  const promoted = documents.map((document) => {
    if (document.kind === 'InitConfiguration') return initConfiguration(document, host);
    if (document.kind === 'ClusterConfiguration') return clusterConfiguration(document, host, old);
    const isOwn = oldName !== undefined && document.hostnameOverride === oldName;
    return isOwn ? { ...document, hostnameOverride: host.name } : document;
  });
  only(documents, 'ClusterConfiguration');
  const heading = `# Written by holdfast for the promoted node ${host.name}, from the backup of a control-plane node.\n`;
  return heading + promoted.map((one) => dump(one, { lineWidth: -1, noRefs: true })).join('---\n');
}

/** The documents of a kubeadm-config.yaml. */
export function kubeadmDocuments(text: string): Mapping[] {
  let documents: unknown[];
  try {
    // As kubeadm reads it: a bare `on` is no string.
    documents = loadAll(text, { schema: YAML11_SCHEMA });
  } catch {
    // The parser's own message would show what stands in the file.
    throw new RangeError('kubeadm-config.yaml is not YAML');
  }
  return documents.filter((one) => typeof one === 'object' && one !== null) as Mapping[];
}

export function only(documents: readonly Mapping[], kind: string): Mapping {
  const [one, another] = documents.filter((document) => document.kind === kind);
  if (!one || another) throw new RangeError(`kubeadm-config.yaml holds ${one ? 'two' : 'no'} ${kind}`);
  return one;
}

function initConfiguration(document: Mapping, { name, address }: NamedAddress): Mapping {
  const rest = without(document, ['bootstrapTokens', 'certificateKey']);
  const registration = mapping(document.nodeRegistration);
  return {
    ...rest,
    localAPIEndpoint: { ...mapping(document.localAPIEndpoint), advertiseAddress: address },
    nodeRegistration: {
      ...registration,
      name,
      taints: [],
      ...(registration.kubeletExtraArgs !== undefined && {
        kubeletExtraArgs: withArgument(registration.kubeletExtraArgs, 'node-ip', () => address),
      }),
    },
  };
}

function clusterConfiguration(document: Mapping, host: Promoted, old: unknown): Mapping {
  const etcd = mapping(document.etcd);
  if (etcd.external === undefined)
    throw new RangeError('kubeadm-config.yaml names no external etcd: it was lost with the control plane');
  const server = mapping(document.apiServer);
  const names = Array.isArray(server.certSANs) ? (server.certSANs as unknown[]) : [];
  const certificate = `/etc/ssl/etcd/ssl/node-${host.name}`;
  return {
    ...document,
    etcd: {
      ...etcd,
      external: {
        ...mapping(etcd.external),
        certFile: `${certificate}.pem`,
        keyFile: `${certificate}-key.pem`,
      },
    },
    ...Object.fromEntries(
      ['apiServer', 'controllerManager', 'scheduler']
        .filter((part) => document[part] !== undefined)
        .map((part) => [part, withOwnAddress(mapping(document[part]), old, host.address)]),
    ),
    apiServer: {
      ...withOwnAddress(server, old, host.address),
      certSANs: [...new Set([...names, host.name, host.address, ...(host.others ?? [])])],
    },
  };
}

/** A component that binds to, or advertises, the lost node's address does so with the promoted one's. */
function withOwnAddress(component: Mapping, old: unknown, address: string): Mapping {
  if (component.extraArgs === undefined) return component;
  const own = (value: unknown) => (value === old ? address : value);
  const bound = withArgument(component.extraArgs, 'bind-address', own);
  return { ...component, extraArgs: withArgument(bound, 'advertise-address', own) };
}

/** Since v1beta4 a list of `{ name, value }`, before that a mapping. An argument that is not there stays away. */
function withArgument(args: unknown, name: string, change: (value: unknown) => unknown): unknown {
  if (Array.isArray(args))
    return (args as Mapping[]).map((one) => (one.name === name ? { ...one, value: change(one.value) } : one));
  const map = mapping(args);
  return name in map ? { ...map, [name]: change(map[name]) } : map;
}

function without(document: Mapping, keys: readonly string[]): Mapping {
  return Object.fromEntries(Object.entries(document).filter(([key]) => !keys.includes(key)));
}

export function mapping(value: unknown): Mapping {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Mapping) : {};
}
