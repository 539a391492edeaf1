import { input } from '@inquirer/prompts';

/** What a first spec needs to know. */
export interface Answers {
  readonly cluster: string;
  readonly user: string;
  readonly identityFile?: string;
  readonly bastion: string;
  readonly loadBalancers: readonly string[];
  readonly etcd: readonly string[];
  readonly controlPlane: readonly string[];
  readonly workers: readonly string[];
  readonly internalAddress: string;
  readonly externalAddress?: string;
  readonly nfsServer?: string;
  readonly nfsPath?: string;
  readonly backupRecipient: readonly string[];
}

const questions = [
  { key: 'cluster', option: 'cluster', message: "The cluster's name (a DNS label)", initial: 'main' },
  { key: 'user', option: 'user', message: 'SSH user with sudo on every host', initial: 'ubuntu' },
  { key: 'bastion', option: 'bastion', message: "The bastion's address" },
  {
    key: 'loadBalancers',
    option: 'load-balancers',
    message: 'Two load balancers, comma-separated',
    many: true,
  },
  { key: 'etcd', option: 'etcd', message: 'Three or five etcd hosts', many: true },
  { key: 'controlPlane', option: 'control-plane', message: 'Three control-plane hosts or more', many: true },
  { key: 'workers', option: 'workers', message: 'Worker nodes', many: true },
  {
    key: 'internalAddress',
    option: 'internal-address',
    message: 'A free address in their subnet, for the API',
  },
  {
    key: 'backupRecipient',
    option: 'backup-recipient',
    message: 'age recipients of the backups (age1…; `age-keygen -o backup.agekey` makes a pair)',
    many: true,
  },
] as const;

/** Options that are needed and were not given. */
export function missing(given: Partial<Answers>): string[] {
  return questions.filter((question) => given[question.key] === undefined).map((question) => question.option);
}

/** Asks for what was not given, one question each. */
export async function ask(given: Partial<Answers>): Promise<Answers> {
  const answers: Record<string, unknown> = { ...given };
  for (const question of questions) {
    if (given[question.key] !== undefined) continue;
    const initial = 'initial' in question ? { default: question.initial } : {};
    const text = await input({ message: question.message, required: true, ...initial });
    answers[question.key] = 'many' in question ? text.split(',').map((word) => word.trim()) : text.trim();
  }
  return answers as unknown as Answers;
}
