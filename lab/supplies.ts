import type { Json } from '../cluster/cluster.ts';

/** What a lab without internet has beside packages and wheels, and how a spec names it. */
export interface Supplies {
  /** Folder in the layout that Kubespray's `files_repo` expects. */
  readonly files: string;
  /** Starts a registry on an address, in the foreground, with all images in it. */
  readonly registry: (address: string) => { readonly command: string; readonly args: readonly string[] };
  /** Checksums and versions of our own builds, for `kubespray.vars`. */
  readonly vars: { readonly [key: string]: Json };
  /** Mounts NFS where the kernel cannot. */
  readonly mountNfs?: string;
  /** The provisioner's chart, relative to `files`, and its image, relative to the registry. */
  readonly provisioner?: {
    readonly chart: { readonly path: string; readonly version: string; readonly sha256: string };
    readonly image: { readonly repository: string; readonly tag: string };
  };
  /** The archive of Helm 2, relative to `files`, and Tiller's image, relative to the registry. */
  readonly helm2?: { readonly path: string; readonly sha256: string; readonly image: string };
}
