import type { Cluster } from '../cluster/cluster.ts';
import { helm2Version } from '../cluster/render/tiller.ts';
import type { Image, Program, Served } from './artifact-table.ts';

/** What only some labs need: it is built for those alone. */
export interface Extra {
  readonly programs: readonly Program[];
  readonly served: (arch: string) => readonly Served[];
  readonly images: readonly Image[];
  /** `kubespray.vars`. */
  readonly vars: Readonly<Record<string, string>>;
}

const github = (project: string, version: string, file: string) =>
  `github.com/${project}/releases/download/v${version}/${file}`;

const versions = { containerd: '2.2.3', nerdctl: '2.2.2', runc: '1.1.5' } as const;
const [containerd, nerdctl] = ['github.com/containerd/containerd/v2', 'github.com/containerd/nerdctl/v2'];

/**
 * The container runtime that Kubespray brings itself, where a spec names a clone of it. The lab's own playbook takes
 * Debian's. runc is Debian's in both: it needs a C compiler and libseccomp.
 */
const runtime: Extra = {
  programs: [
    {
      name: 'containerd',
      version: `v${versions.containerd}`,
      module: 'containerd',
      packages: ['containerd', 'containerd-shim-runc-v2', 'ctr'].map((name) => `${containerd}/cmd/${name}`),
      tags: ['no_btrfs', 'no_devmapper', 'no_zfs', 'netgo', 'osusergo'],
      ldflags: `-s -w -X ${containerd}/version.Version=v${versions.containerd}`,
      seconds: 80,
    },
    {
      name: 'nerdctl',
      version: `v${versions.nerdctl}`,
      module: 'nerdctl',
      packages: [`${nerdctl}/cmd/nerdctl`],
      ldflags: `-s -w -X ${nerdctl}/pkg/version.Version=v${versions.nerdctl}`,
      source: {
        module: nerdctl,
        version: `v${versions.nerdctl}`,
        sum: 'h1:wW+nrriM86rZkItsuhq0CtmS4re3eRSs7u8P2Cit4NM=',
        empty: [],
        // They need a module of the same repository that the proxy does not serve.
        without: ['cmd/nerdctl/helpers/testing_linux.go', 'pkg/testutil'],
      },
      seconds: 90,
    },
  ],
  served: (arch) => [
    {
      path: github(
        'containerd/containerd',
        versions.containerd,
        `containerd-${versions.containerd}-linux-${arch}.tar.gz`,
      ),
      checksum: 'containerd_archive_checksum',
      members: { 'bin/*': 'containerd' },
    },
    {
      path: github(
        'containerd/nerdctl',
        versions.nerdctl,
        `nerdctl-${versions.nerdctl}-linux-${arch}.tar.gz`,
      ),
      checksum: 'nerdctl_archive_checksum',
      members: { nerdctl: 'nerdctl' },
    },
    {
      path: github('opencontainers/runc', versions.runc, `runc.${arch}`),
      checksum: 'runc_binary_checksum',
      debian: { package: 'runc', file: 'usr/sbin/runc' },
    },
  ],
  images: [],
  vars: Object.fromEntries(Object.entries(versions).map(([name, version]) => [`${name}_version`, version])),
};

export const tillerImageName = 'helm/tiller';
export const helm2Path = (arch: string) => `get.helm.sh/helm-v${helm2Version}-linux-${arch}.tar.gz`;

/** Helm 2 and Tiller, where a spec asks for them. */
const helm2: Extra = {
  programs: ['helm', 'tiller'].map((name) => ({
    name: name === 'helm' ? 'helm2' : name,
    version: `v${helm2Version}+incompatible`,
    module: 'helm2',
    packages: [`k8s.io/helm/cmd/${name}`],
    ldflags: `-s -w -X k8s.io/helm/pkg/version.Version=v${helm2Version} -X k8s.io/helm/pkg/version.BuildMetadata=`,
    seconds: name === 'helm' ? 200 : 10,
  })),
  served: (arch) => [
    {
      path: helm2Path(arch),
      members: { [`linux-${arch}/helm`]: 'helm2', [`linux-${arch}/tiller`]: 'tiller' },
    },
  ],
  images: [
    {
      name: tillerImageName,
      tag: `v${helm2Version}`,
      files: { '/tiller': 'tiller' },
      entrypoint: ['/tiller'],
    },
  ],
  vars: {},
};

export const extras = { runtime, helm2 } as const;
export type ExtraName = keyof typeof extras;

/** What a lab for this spec needs beside the rest. `clone`: it names a clone of Kubespray's. */
export function extrasFor({ helm }: Cluster, clone: boolean): readonly ExtraName[] {
  return [...(clone ? (['runtime'] as const) : []), ...(helm.version === 2 ? (['helm2'] as const) : [])];
}
