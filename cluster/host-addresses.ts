import type { ClusterHost } from './cluster.ts';
import type { NamedAddress } from './steps.ts';

/** What Kubernetes and etcd bind on a host, and what others see it come from: an address that its interface has. */
export const ownAddress = ({ address, ip }: ClusterHost): string => ip ?? address;

/** Every address that a host goes by, in the order of the spec's keys. */
export const addressesOf = (host: ClusterHost): readonly string[] => [
  ...new Set([host.ssh.address, ownAddress(host), host.address]),
];

/** What the others may see it come from. What SSH reaches a bastion at may be a router that others are behind. */
export const sourcesOf = (host: ClusterHost): readonly string[] => [
  ...new Set([ownAddress(host), host.address]),
];

/** Where the bastions' own SSH finds it. What SSH reaches a bastion at is the worker's way alone. */
export const fromBastion = (host: ClusterHost): string => (host.ssh.via ? host.ssh.address : host.address);

/** SSH, the other hosts and the host itself all mean the same address: nothing more has to be said of it. */
export const hasOneAddress = (host: ClusterHost): boolean => addressesOf(host).length === 1;

/** By which the other hosts reach it. */
export const reached = ({ name, address }: ClusterHost): NamedAddress => ({ name, address });

/** That it holds itself. */
export const held = (host: ClusterHost): NamedAddress => ({ name: host.name, address: ownAddress(host) });
