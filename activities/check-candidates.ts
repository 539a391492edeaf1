import { controlPlaneImagesOf, kubernetesVersionOf } from '../cluster/control-plane-images.ts';
import { volumesReadOf } from '../cluster/control-plane-volumes.ts';
import type { Readiness } from '../cluster/failover/decision.ts';
import type { StepCall } from '../cluster/steps.ts';
import { HostError } from '../hosts/errors.ts';
import type { Host } from '../hosts/host.ts';
import { sh } from '../hosts/shell.ts';
import { type PkiBackup, newestPki } from './newest-pki.ts';
import { madeAnew } from './pki.ts';
import { backupKeys } from './open-backup.ts';
import { whyUnfit } from './pki-material.ts';
import { type StepBody, type StepTools, step } from './step.ts';
import { unfitness } from './unfitness.ts';

/** Whether each candidate could be promoted now. What is wrong is an answer, never an error; what was not seen is `unknown`. */
const body: StepBody<'check-candidates', Record<string, Readiness>> = async (call, tools) => {
  const found = await usablePki(call, tools);
  const answers = call.candidates.map(async (name): Promise<[string, Readiness]> => {
    if ('problem' in found) return [name, found];
    return [name, await readiness(tools.other(name), found, tools.signal)];
  });
  return Object.fromEntries(await Promise.all(answers));
};

export const checkCandidates = step('check-candidates', body);

interface Wanted {
  readonly version: string;
  readonly images: readonly string[];
  /** What the control plane reads on its host and the backup does not hold: a person has to put it there. */
  readonly paths: readonly string[];
}

interface Usable extends Wanted {
  readonly backup: PkiBackup;
}

/** The same for all candidates, so it is looked at once. */
async function usablePki(
  call: StepCall<'check-candidates'>,
  { other, signal, deps }: StepTools,
): Promise<Usable | (Readiness & { problem: string })> {
  let keys: readonly string[];
  try {
    keys = await backupKeys(deps);
  } catch (error) {
    return { problem: 'backup-key', why: messageOf(error) };
  }
  try {
    const backup = await newestPki(call.places.map(other), call.cluster, keys, signal);
    if ('problem' in backup) return backup;
    const config = backup.files.get('kubeadm-config.yaml')?.toString() ?? '';
    const version = kubernetesVersionOf(config);
    const paths = volumesReadOf(config).filter((path) => !holds(backup, path));
    if (version === call.kubernetes.version)
      return { backup, version, images: controlPlaneImagesOf(config), paths };
    const why = `${backup.name} is of Kubernetes ${version}, and the spec says ${call.kubernetes.version}`;
    return { problem: 'backup-mismatch', why };
  } catch (error) {
    const broken = error instanceof RangeError;
    return { problem: broken ? 'backup-mismatch' : 'unknown', why: messageOf(error) };
  }
}

/** Also what kubeadm makes anew, as the backup leaves that out. */
function holds({ entries }: PkiBackup, path: string): boolean {
  const kept = path.replace(/^\/etc\/kubernetes\/pki(?=\/|$)/, '/etc/kubernetes/ssl');
  const isIn = (entry: string) => `/${entry}` === kept || `/${entry}`.startsWith(`${kept}/`);
  return madeAnew.test(kept) || entries.some((entry) => isIn(entry.path));
}

async function readiness(host: Host, { backup, ...wanted }: Usable, signal: AbortSignal): Promise<Readiness> {
  let said: string;
  try {
    said = (await host.run(look(wanted), { sudo: true, signal, timeout: 45 })).stdout;
  } catch (error) {
    const kind = error instanceof HostError ? error.kind : 'CommandFailed';
    const seen = kind !== 'CommandFailed' && kind !== 'ConnectionLost';
    return { problem: seen ? 'host' : 'unknown', why: messageOf(error) };
  }
  const [ca = '', ...lines] = said.trimEnd().split('\n');
  const wrong = lines.filter((line) => !line.startsWith('lacks '));
  if (wrong.length > 0) return { problem: 'host', why: wrong.join('; ') };
  const unfit = whyUnfit(backup.files, Buffer.from(ca, 'base64').toString());
  if (unfit !== undefined) return { problem: 'backup-mismatch', why: `${backup.name}: ${unfit}` };
  return lines.length > 0 ? { problem: 'images', why: lines.join('; ') } : {};
}

/** First its CA, then a line for each thing that is wrong. */
const look = ({ version, images, paths }: Wanted) =>
  sh`[ ! -e /etc/kubernetes/ssl/ca.crt ] || base64 -w0 < /etc/kubernetes/ssl/ca.crt; echo
for path in ${paths}; do [ -e "$path" ] || echo "it has no $path, which the control plane reads and no backup holds"; done
${unfitness(version)}
for image in ${images}; do crictl inspecti -q "$image" > /dev/null 2>&1 || echo "lacks $image"; done`;

function messageOf(error: unknown): string {
  if (error instanceof HostError) return `${error.host}: ${error.message.slice(0, 300)}`;
  return error instanceof Error ? error.message.slice(0, 300) : String(error);
}
