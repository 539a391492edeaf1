import { readLab } from './lab-file.ts';
import { hostAnswers } from './machine.ts';
import { powerState } from './power.ts';
import type { PowerState } from './power.ts';
import { serversRun } from './serve.ts';

export interface LabStatus {
  readonly name: string;
  readonly subnet: string;
  readonly fileServer: string;
  readonly servers: Readonly<Record<string, boolean>>;
  readonly hosts: readonly { name: string; address: string; power: PowerState; answers: boolean }[];
}

/** What runs of this lab; undefined where there is none. */
export async function labStatus(name: string): Promise<LabStatus | undefined> {
  const lab = await readLab(name);
  if (lab === undefined) return undefined;
  const hosts = lab.hosts.map(async (host) => {
    const state = await powerState(lab, host);
    return {
      name: host.name,
      address: host.address,
      power: state,
      answers: state === 'on' && (await hostAnswers(host)),
    };
  });
  return {
    name,
    subnet: lab.network.subnet,
    fileServer: `http://${lab.network.address}:8080`,
    servers: await serversRun(lab),
    hosts: await Promise.all(hosts),
  };
}
