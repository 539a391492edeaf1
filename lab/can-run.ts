import { access, readFile } from 'node:fs/promises';
import { constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { execa } from 'execa';

/** Commands that the lab calls on this machine, and the Debian package of each. */
const tools: Readonly<Record<string, string>> = {
  mmdebstrap: 'mmdebstrap',
  'systemd-nspawn': 'systemd-container',
  'dpkg-scanpackages': 'dpkg-dev',
  ip: 'iproute2',
  nsenter: 'util-linux',
  mkswap: 'util-linux',
  'ssh-keygen': 'openssh-client',
  git: 'git',
  openssl: 'openssl',
  pip3: 'python3-pip',
  bash: 'bash',
};

/** One line that says what this machine lacks for a lab; undefined when it can run one. */
export async function canRunLab(): Promise<string | undefined> {
  if (process.platform !== 'linux') return `the lab needs Linux; this is ${process.platform}`;
  if (process.getuid?.() !== 0) return 'the lab needs root: it makes network namespaces, mounts and cgroups';
  if (!(await canMakeNamespaces()))
    return 'the lab needs a machine that may make namespaces and overlay mounts; this container may not';
  const missing = await missingTools();
  if (missing.length === 0 || (await isDebian())) return undefined;
  return `the lab needs ${missing.join(', ')}; install them (only on Debian and Ubuntu it does so itself)`;
}

/** Installs by apt-get what `canRunLab` found missing. */
export async function installTools(say: (line: string) => void): Promise<void> {
  const missing = await missingTools();
  if (missing.length === 0) return;
  const packages = [...new Set(missing.map((tool) => tools[tool] as string))];
  say(`installing on this machine: ${packages.join(', ')}`);
  const env = { DEBIAN_FRONTEND: 'noninteractive' };
  await execa('apt-get', ['update', '-q'], { env, all: true });
  await execa('apt-get', ['install', '-q', '-y', '--no-install-recommends', ...packages], { env, all: true });
  const still = await missingTools();
  if (still.length > 0)
    throw new Error(`apt-get installed ${packages.join(', ')}, but ${still.join(', ')} is not there`);
}

async function missingTools(): Promise<string[]> {
  const found = await Promise.all(Object.keys(tools).map(onPath));
  return Object.keys(tools).filter((_, i) => !found[i]);
}

async function onPath(command: string): Promise<boolean> {
  const folders = (process.env.PATH ?? '').split(delimiter).filter((dir) => dir !== '');
  const tries = folders.map((dir) => access(join(dir, command), constants.X_OK));
  return Promise.any(tries).then(
    () => true,
    () => false,
  );
}

async function canMakeNamespaces(): Promise<boolean> {
  const trial =
    'd=$(mktemp -d) && mount -t tmpfs none $d && mkdir $d/l $d/u $d/w $d/m && mount -t overlay none -o lowerdir=$d/l,upperdir=$d/u,workdir=$d/w $d/m; code=$?; umount $d/m $d 2>/dev/null; rmdir $d; exit $code';
  const result = await execa('unshare', ['--mount', '--net', 'sh', '-c', trial], { reject: false });
  return result.exitCode === 0;
}

async function isDebian(): Promise<boolean> {
  const release = await readFile('/etc/os-release', 'utf8').catch(() => '');
  return /^ID(_LIKE)?=.*\b(debian|ubuntu)\b/m.test(release);
}
