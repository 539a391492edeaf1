import type { StepCall } from '../cluster/steps.ts';
import { HostError } from '../hosts/errors.ts';
import type { StepTools } from './step.ts';
import { newestBackup } from './backup-list.ts';
import { absentImages, controlPlaneImages } from './control-plane-images.ts';
import { pkiOn } from './pki.ts';

/** What a look at one rule found: what is wrong, and what the summary may say where nothing is. */
export interface Finding {
  readonly wrong: readonly string[];
  readonly seen: string;
}

/** Rule 3: a backup of the PKI as it is now stands on the bastion, and each candidate has the images. */
export async function promotionIsPossible(
  call: StepCall<'check-ha-rules'>,
  tools: StepTools,
): Promise<Finding> {
  if (call.candidates.length === 0) return { wrong: [], seen: 'rule 3: there is no candidate' };
  const [backup, images] = await Promise.all([pkiIsBackedUp(call, tools), imagesAreThere(call, tools)]);
  return {
    wrong: [...backup.wrong, ...images],
    seen: `rule 3: ${backup.seen}, ${call.candidates.join(' and ')} have the control plane’s images`,
  };
}

/** Control-plane nodes differ in what is theirs alone, so a backup is current when it is that of any of them. */
async function pkiIsBackedUp(call: StepCall<'check-ha-rules'>, tools: StepTools): Promise<Finding> {
  const { host, signal } = tools;
  const { newest } = await newestBackup([host], call.cluster, 'pki', signal);
  if (!newest)
    return {
      wrong: [`there is no backup of the PKI on ${host.name}: a worker could not be promoted`],
      seen: '',
    };
  const unknown: string[] = [];
  for (const name of call.controlPlane) {
    try {
      const { fingerprint } = await pkiOn(tools.other(name), signal);
      if (newest.note.startsWith(`${fingerprint} `))
        return { wrong: [], seen: `${newest.name} holds the PKI as it is` };
    } catch (error) {
      if (!(error instanceof HostError)) throw error;
      unknown.push(`${error.host}: ${error.message.slice(0, 200)}`);
    }
  }
  const wrong =
    unknown.length > 0
      ? `whether ${newest.name} holds the PKI as it is could not be seen: ${unknown.join('; ')}`
      : `${newest.name} on ${host.name} is the newest backup of the PKI, which has changed since: holdfast up makes one`;
  return { wrong: [wrong], seen: '' };
}

async function imagesAreThere(
  call: StepCall<'check-ha-rules'>,
  tools: StepTools,
): Promise<readonly string[]> {
  const images = await controlPlaneImages(call.controlPlane, tools);
  const lacking = await Promise.all(
    call.candidates.map(async (name) => ({
      name,
      absent: await absentImages(images, tools.other(name), tools.signal),
    })),
  );
  return lacking.flatMap(({ name, absent }) =>
    absent.length > 0 ? [`the candidate ${name} lacks ${absent.join(', ')}`] : [],
  );
}
