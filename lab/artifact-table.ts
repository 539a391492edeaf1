/** A program built from a Go module of ours (lab/artifacts/modules/<module>): its go.mod pins all that goes in. */
export interface Program {
  readonly name: string;
  /** Upstream's version, as its own tags write it; `own` where the source is ours. */
  readonly version: string;
  readonly module: string;
  /** One package, which becomes `name`; or several, each named as its folder. */
  readonly packages: readonly string[];
  readonly ldflags?: string;
  /** Build tags. */
  readonly tags?: readonly string[];
  /** Upstream's source with some packages emptied or left out: those that need a C compiler, or modules that cannot be had. */
  readonly source?: {
    readonly module: string;
    readonly version: string;
    readonly sum: string;
    readonly empty: readonly string[];
    /** Files and folders that are left out: what only tests use. */
    readonly without?: readonly string[];
  };
  /** From an empty Go cache on two cores, in this order; only for the estimate of what remains. */
  readonly seconds: number;
}

/** A file under `files/`; the path is the one that Kubespray's download URLs have behind the host name. */
export type Served =
  | { readonly path: string; readonly checksum?: string; readonly program: string }
  | {
      readonly path: string;
      readonly checksum?: string;
      /** A file of a package of Debian's. */
      readonly debian: { readonly package: string; readonly file: string };
    }
  | {
      readonly path: string;
      readonly checksum?: string;
      /** Member of the archive → program, or program/file for one of several. `prefix/*` takes all of a program's files. */
      readonly members: Readonly<Record<string, string>>;
    };

export interface Image {
  /** Repository under the registry. */
  readonly name: string;
  readonly tag: string;
  /** Debian's libc, busybox and packet filters below the image's own files. */
  readonly debian?: true;
  /** Path in the image → program. */
  readonly files: Readonly<Record<string, string>>;
  readonly entrypoint?: readonly string[];
  readonly cmd?: readonly string[];
}

export const versions = {
  kubernetes: '1.34.4',
  etcd: '3.6.10',
  coredns: '1.12.4',
  cni: '1.9.1',
  crictl: '1.34.0',
  helm: '3.18.4',
  flannel: '0.28.4',
  /** What Kubespray v2.31.0 asks for; the plugin itself is ours. */
  flannelCni: '1.7.1-flannel1',
  pause: '3.10.1',
  provisioner: '4.0.2',
  provisionerChart: '4.0.18',
  tools: '1',
} as const;

const strip = '-s -w';
const kubernetes = (name: string, seconds: number): Program => ({
  name,
  version: `v${versions.kubernetes}`,
  module: 'kubernetes',
  packages: [`k8s.io/kubernetes/cmd/${name}`],
  // kubeadm refuses to work without gitVersion.
  ldflags: [
    strip,
    ...Object.entries({
      Version: `v${versions.kubernetes}`,
      Major: '1',
      Minor: '34',
      TreeState: 'archive',
    }).map(([key, value]) => `-X k8s.io/component-base/version.git${key}=${value}`),
  ].join(' '),
  seconds,
});

const plugins = 'github.com/containernetworking/plugins';
const cniPlugins = {
  ipam: ['dhcp', 'host-local', 'static'],
  main: ['bridge', 'dummy', 'host-device', 'ipvlan', 'loopback', 'macvlan', 'ptp', 'tap', 'vlan'],
  meta: ['bandwidth', 'firewall', 'portmap', 'sbr', 'tuning', 'vrf'],
};

export const programs: readonly Program[] = [
  kubernetes('kubeadm', 109),
  kubernetes('kubelet', 100),
  kubernetes('kubectl', 17),
  kubernetes('kube-apiserver', 51),
  kubernetes('kube-controller-manager', 39),
  kubernetes('kube-scheduler', 7),
  kubernetes('kube-proxy', 11),
  ...Object.entries({ etcd: 'server', etcdctl: 'etcdctl', etcdutl: 'etcdutl' }).map(([name, folder]) => ({
    name,
    version: `v${versions.etcd}`,
    module: 'etcd',
    packages: [`go.etcd.io/etcd/${folder}/v3`],
    ldflags: strip,
    seconds: name === 'etcd' ? 24 : 2,
  })),
  {
    name: 'coredns',
    version: `v${versions.coredns}`,
    module: 'coredns',
    packages: ['.'],
    ldflags: strip,
    seconds: 60,
  },
  {
    name: 'cni-plugins',
    version: `v${versions.cni}`,
    module: 'cni-plugins',
    packages: Object.entries(cniPlugins).flatMap(([kind, names]) =>
      names.map((n) => `${plugins}/plugins/${kind}/${n}`),
    ),
    ldflags: `${strip} -X ${plugins}/pkg/utils/buildversion.BuildVersion=v${versions.cni}`,
    seconds: 10,
  },
  {
    name: 'flanneld',
    version: `v${versions.flannel}`,
    module: 'flannel',
    packages: ['github.com/flannel-io/flannel'],
    ldflags: `${strip} -X github.com/flannel-io/flannel/pkg/version.Version=v${versions.flannel}`,
    source: {
      module: 'github.com/flannel-io/flannel',
      version: `v${versions.flannel}`,
      sum: 'h1:6O4wGCrCTl0Gf5BBpxfOJgOstkxZhEx3ZXzcKRopH8Q=',
      // udp needs a C compiler; tencentvpc a module that the proxy does not serve.
      empty: ['pkg/backend/udp', 'pkg/backend/tencentvpc'],
    },
    seconds: 43,
  },
  {
    name: 'crictl',
    version: `v${versions.crictl}`,
    module: 'crictl',
    packages: ['sigs.k8s.io/cri-tools/cmd/crictl'],
    ldflags: `${strip} -X sigs.k8s.io/cri-tools/pkg/version.Version=v${versions.crictl}`,
    seconds: 20,
  },
  {
    name: 'helm',
    version: `v${versions.helm}`,
    module: 'helm',
    packages: ['helm.sh/helm/v3/cmd/helm'],
    ldflags: `${strip} -X helm.sh/helm/v3/internal/version.version=v${versions.helm}`,
    seconds: 77,
  },
  { name: 'registry', version: 'own', module: 'registry', packages: ['.'], ldflags: strip, seconds: 23 },
  {
    name: 'nfs-provisioner',
    version: 'own',
    module: 'nfs-provisioner',
    packages: ['.'],
    ldflags: strip,
    seconds: 68,
  },
  ...['pause', 'tools', 'flannel-cni'].map((name) => ({
    name,
    version: 'own',
    module: 'small',
    packages: [`./${name}`],
    ldflags: strip,
    seconds: 2,
  })),
  { name: 'mount-nfs', version: 'own', module: 'mount-nfs', packages: ['.'], ldflags: strip, seconds: 4 },
];

export function served(arch: string): readonly Served[] {
  const github = (path: string) => `github.com/${path}`;
  const etcd = `etcd-v${versions.etcd}-linux-${arch}`;
  return [
    ...['kubeadm', 'kubelet', 'kubectl'].map((name) => ({
      path: `dl.k8s.io/release/v${versions.kubernetes}/bin/linux/${arch}/${name}`,
      checksum: `${name}_binary_checksum`,
      program: name,
    })),
    {
      path: github(`etcd-io/etcd/releases/download/v${versions.etcd}/${etcd}.tar.gz`),
      checksum: 'etcd_binary_checksum',
      members: { [`${etcd}/etcd`]: 'etcd', [`${etcd}/etcdctl`]: 'etcdctl', [`${etcd}/etcdutl`]: 'etcdutl' },
    },
    {
      path: github(
        `containernetworking/plugins/releases/download/v${versions.cni}/cni-plugins-linux-${arch}-v${versions.cni}.tgz`,
      ),
      checksum: 'cni_binary_checksum',
      members: { '*': 'cni-plugins' },
    },
    {
      path: github(
        `kubernetes-sigs/cri-tools/releases/download/v${versions.crictl}/crictl-v${versions.crictl}-linux-${arch}.tar.gz`,
      ),
      checksum: 'crictl_binary_checksum',
      members: { crictl: 'crictl' },
    },
    {
      path: `get.helm.sh/helm-v${versions.helm}-linux-${arch}.tar.gz`,
      checksum: 'helm_archive_checksum',
      members: { [`linux-${arch}/helm`]: 'helm' },
    },
    { path: 'lab/mount.nfs', program: 'mount-nfs' },
    { path: 'lab/flannel', program: 'flannel-cni' },
  ];
}

const component = (name: string): Image => ({
  name,
  tag: `v${versions.kubernetes}`,
  files: { [`/usr/local/bin/${name}`]: name },
});

export const images: readonly Image[] = [
  component('kube-apiserver'),
  component('kube-controller-manager'),
  component('kube-scheduler'),
  { ...component('kube-proxy'), debian: true },
  { name: 'pause', tag: versions.pause, files: { '/pause': 'pause' }, entrypoint: ['/pause'] },
  {
    name: 'coredns/coredns',
    tag: `v${versions.coredns}`,
    files: { '/coredns': 'coredns' },
    entrypoint: ['/coredns'],
  },
  {
    name: 'flannel/flannel',
    tag: `v${versions.flannel}`,
    debian: true,
    files: { '/opt/bin/flanneld': 'flanneld' },
    entrypoint: ['/opt/bin/flanneld'],
  },
  {
    name: 'flannel/flannel-cni-plugin',
    tag: `v${versions.flannelCni}`,
    debian: true,
    files: { '/flannel': 'flannel-cni' },
  },
  {
    name: 'sig-storage/nfs-subdir-external-provisioner',
    tag: `v${versions.provisioner}`,
    files: { '/nfs-subdir-external-provisioner': 'nfs-provisioner' },
    entrypoint: ['/nfs-subdir-external-provisioner'],
  },
  {
    name: 'holdfast-lab/tools',
    tag: versions.tools,
    debian: true,
    files: { '/usr/local/bin/tools': 'tools' },
    cmd: ['tools', 'sleep'],
  },
];
