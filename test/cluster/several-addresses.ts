/* eslint-disable @typescript-eslint/no-unsafe-member-access, @typescript-eslint/no-unsafe-assignment, @typescript-eslint/no-unsafe-call -- edits write what no type allows */
import { edited } from './edited.ts';
import type { LooseSpec } from './edited.ts';

/**
 * The twelve hosts in two networks: SSH goes by 172.16.0.0/24, Kubernetes by 10.0.0.0/24. The worker reaches the bastion
 * at a translated address, the others reach worker-3 and etcd-3 at one, and etcd's members are called etcd1 to etcd3.
 */
export function severalAddresses(edit: (spec: LooseSpec) => void = () => undefined): string {
  return edited((spec) => {
    for (const host of spec.hosts) {
      host.ip = host.address;
      host.address = host.ip.replace('10.0.', '172.16.');
      if (host.name.startsWith('etcd')) host.etcdMember = host.name.replace('-', '');
    }
    hostOf(spec, 'bastion-1').address = '192.168.7.5';
    hostOf(spec, 'worker-3').accessIp = '172.20.0.43';
    hostOf(spec, 'etcd-3').accessIp = '172.20.0.23';
    edit(spec);
  });
}

export function hostOf(spec: LooseSpec, name: string): LooseSpec {
  return spec.hosts.find((host: LooseSpec) => host.name === name);
}
