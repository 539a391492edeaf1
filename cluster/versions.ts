/** Kubernetes minors that a Kubespray minor installs. */
interface Range {
  readonly oldest: number;
  readonly newest: number;
}

/**
 * Kubespray minor → Kubernetes 1.x. Each release installs three consecutive minors, the newest being its default
 * (v2.31.0: default 1.35.4, oldest 1.33.0, read from its checksum tables).
 */
const installs: Readonly<Record<number, Range>> = {
  28: { oldest: 30, newest: 32 },
  29: { oldest: 31, newest: 33 },
  30: { oldest: 32, newest: 34 },
  31: { oldest: 33, newest: 35 },
};

/** The oldest Kubespray minor that takes `kube_version` without a leading "v", as holdfast writes it. */
const oldestKubespray = 28;

/** Why this Kubespray cannot install this Kubernetes; undefined where it can, or where nothing is known of the tag. */
export function whyNotInstalled(kubespray: string, kubernetes: string): string | undefined {
  const minor = Number(/^v2\.(\d+)\.\d+$/.exec(kubespray)?.[1]);
  if (Number.isNaN(minor)) return undefined;
  if (minor < oldestKubespray)
    return `Kubespray ${kubespray} is older than v2.${oldestKubespray}.0, whose variables holdfast writes; wanted: v2.31.0`;
  const range = installs[minor];
  const wanted = Number(/^1\.(\d+)\./.exec(kubernetes)?.[1]);
  if (!range || (wanted >= range.oldest && wanted <= range.newest)) return undefined;
  const fits = Object.entries(installs).findLast(
    ([, { oldest, newest }]) => wanted >= oldest && wanted <= newest,
  );
  const instead = fits ? `, or kubespray.version: v2.${fits[0]}.x` : '';
  return `Kubespray ${kubespray} installs Kubernetes 1.${range.oldest} to 1.${range.newest}; wanted: a version of these${instead}`;
}
