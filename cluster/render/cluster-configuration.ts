import { dump } from 'js-yaml';
import { type Mapping, kubeadmDocuments, mapping, only } from './promoted-kubeadm-config.ts';

/**
 * The ClusterConfiguration in the cluster with what a promotion made its own, as a control-plane node's file has it:
 * the certificate for etcd, and where components listen. Undefined where it is so already. Throws a RangeError that
 * says what one of the two lacks.
 */
export function clusterConfigurationOf(inCluster: string, file: string): string | undefined {
  const now = only(kubeadmDocuments(inCluster), 'ClusterConfiguration');
  const own = only(kubeadmDocuments(file), 'ClusterConfiguration');
  const wanted: Mapping = {
    ...now,
    etcd: { ...mapping(now.etcd), external: external(now, own) },
    ...Object.fromEntries(
      ['apiServer', 'controllerManager', 'scheduler']
        .filter((part) => mapping(now[part]).extraArgs !== undefined)
        .map((part) => [part, withAddresses(mapping(now[part]), mapping(own[part]))]),
    ),
  };
  const text = written(wanted);
  return text === written(now) ? undefined : text;
}

function external(now: Mapping, own: Mapping): Mapping {
  const [there, { certFile, keyFile }] = [now, own].map((one) => mapping(mapping(one.etcd).external)) as [
    Mapping,
    Mapping,
  ];
  if (typeof certFile !== 'string' || typeof keyFile !== 'string')
    throw new RangeError('kubeadm-config.yaml names no certificate for an external etcd');
  return { ...there, certFile, keyFile };
}

/** Since v1beta4 a list of `{ name, value }`, before that a mapping. */
function withAddresses(now: Mapping, own: Mapping): Mapping {
  const given = new Map(entriesOf(own.extraArgs));
  const address = (name: string, value: unknown) =>
    (name === 'bind-address' || name === 'advertise-address') && given.has(name) ? given.get(name) : value;
  const extraArgs = Array.isArray(now.extraArgs)
    ? (now.extraArgs as Mapping[]).map((one) => ({ ...one, value: address(String(one.name), one.value) }))
    : Object.fromEntries(entriesOf(now.extraArgs).map(([name, value]) => [name, address(name, value)]));
  return { ...now, extraArgs };
}

function entriesOf(args: unknown): (readonly [string, unknown])[] {
  if (Array.isArray(args))
    return (args as Mapping[]).map(({ name, value }) => [String(name), value] as const);
  return Object.entries(mapping(args));
}

const written = (configuration: Mapping): string => dump(configuration, { lineWidth: -1, noRefs: true });
