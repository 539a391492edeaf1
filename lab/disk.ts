import { randomUUID } from 'node:crypto';
import { chmod, chown, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { exists } from './files.ts';
import type { Base } from './base.ts';
import { hostFolder } from './lab-file.ts';
import type { Lab, LabHost } from './lab-file.ts';
import type { Supplies } from './supplies.ts';

const megabyte = 1024 * 1024;

/**
 * The host's own layer over the base, unless it has one: identity, keys, swap, and where apt and pip find the lab's mirrors.
 * The folders bound into the host lie on the machine's file system: an overlay cannot carry another overlay.
 */
export async function makeDisk(lab: Lab, host: LabHost, base: Base, supplies?: Supplies): Promise<void> {
  const dir = hostFolder(lab, host);
  if (await exists(join(dir, 'disk'))) return;
  for (const name of ['work', 'root', 'containerd', 'kubelet', 'etcd', 'export', 'swap', 'run'])
    await mkdir(join(dir, name), { recursive: true });
  if (host.swap) await makeSwap(join(dir, 'swap', `${host.name}.swap`));

  // Named so only when complete: an interrupted run starts this disk anew.
  const layer = join(dir, 'disk.new');
  await rm(layer, { recursive: true, force: true });
  for (const [path, content] of Object.entries(files(lab, host))) await write(join(layer, path), content);
  await makeUser(lab, host, base, layer);
  if (supplies?.mountNfs !== undefined) {
    const tool = join(layer, 'usr/lib/holdfast-lab/mount.nfs');
    await write(tool, await readFile(supplies.mountNfs));
    await chmod(tool, 0o755);
  }
  const key = join(layer, 'etc/ssh/ssh_host_ed25519_key');
  await execa('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', host.name, '-f', key]);
  await rename(layer, join(dir, 'disk'));
}

/** Line of known_hosts, by name and address. */
export async function knownHostsLine(lab: Lab, host: LabHost): Promise<string> {
  const file = join(hostFolder(lab, host), 'disk/etc/ssh/ssh_host_ed25519_key.pub');
  const [type, key] = (await readFile(file, 'utf8')).split(' ') as [string, string];
  const names = [host.name, host.address].map((name) => (host.port === 22 ? name : `[${name}]:${host.port}`));
  return `${names.join(',')} ${type} ${key}`;
}

function files(lab: Lab, host: LabHost): Record<string, string> {
  const server = lab.network.address;
  return {
    'etc/hostname': `${host.name}\n`,
    'etc/machine-id': `${randomUUID().replaceAll('-', '')}\n`,
    'etc/hosts': `127.0.0.1 localhost\n127.0.1.1 ${host.name}\n::1 localhost ip6-localhost ip6-loopback\n`,
    // Nothing answers there: a refusal at once, where an address off the bridge would cost seconds a look-up.
    'etc/resolv.conf': `nameserver ${server}\noptions timeout:1 attempts:1\n`,
    'etc/fstab': host.swap ? `/var/swap/${host.name}.swap none swap sw 0 0\n` : '',
    'etc/apt/sources.list': `deb [trusted=yes] http://${server}:8080/debian ./\n`,
    'etc/pip.conf': `[global]\nno-index = true\nfind-links = http://${server}:8080/wheels/\ntrusted-host = ${server}\ndisable-pip-version-check = true\n`,
    'etc/ssh/sshd_config.d/port.conf': `Port ${host.port}\n`,
  };
}

async function makeUser(lab: Lab, host: LabHost, base: Base, layer: string): Promise<void> {
  const own = await readFile(`${lab.paths.identityFile}.pub`, 'utf8');
  const others = await Promise.all(
    host.identityFiles
      .map((file) => file.replace(/^~(?=\/)/, homedir()))
      .filter((file) => file !== lab.paths.identityFile)
      .map((file) => readFile(`${file}.pub`, 'utf8').catch(() => '')),
  );
  const { uid, home } = host.user === 'root' ? { uid: 0, home: 'root' } : await account(host, base, layer);
  const keys = join(layer, home, '.ssh/authorized_keys');
  await write(keys, [own, ...others].join(''));
  await chmod(dirname(keys), 0o700);
  for (const path of [join(layer, home), dirname(keys), keys]) await chown(path, uid, uid);
}

/** The base has `ubuntu`, whose sudo asks for nothing; another user of the spec is added in the host's own layer. */
async function account(
  { user, sudoPasswordFile }: LabHost,
  base: Base,
  layer: string,
): Promise<{ uid: number; home: string }> {
  const home = `home/${user}`;
  const passwd = await readFile(join(base.root, 'etc/passwd'), 'utf8');
  const known = passwd.split('\n').find((line) => line.startsWith(`${user}:`));
  if (known) return { uid: Number(known.split(':')[2]), home };
  const uid = 1500;
  const password = sudoPasswordFile === undefined ? '*' : await hashed(sudoPasswordFile);
  const add = {
    passwd: `${user}:x:${uid}:${uid}::/${home}:/bin/bash`,
    group: `${user}:x:${uid}:`,
    shadow: `${user}:${password}:20000:0:99999:7:::`,
  };
  for (const [file, line] of Object.entries(add)) {
    const path = join(layer, 'etc', file);
    await write(path, `${await readFile(join(base.root, 'etc', file), 'utf8')}${line}\n`);
    if (file === 'shadow') await chmod(path, 0o640);
  }
  await write(
    join(layer, 'etc/sudoers.d/lab-user'),
    `${user} ALL=(ALL) ${password === '*' ? 'NOPASSWD:' : ''}ALL\n`,
  );
  await chmod(join(layer, 'etc/sudoers.d/lab-user'), 0o440);
  return { uid, home };
}

/** As /etc/shadow holds it. */
async function hashed(file: string): Promise<string> {
  const path = file.replace(/^~(?=\/)/, homedir());
  const input = (await readFile(path, 'utf8')).replace(/\r?\n$/, '');
  return (await execa('openssl', ['passwd', '-6', '-stdin'], { input })).stdout;
}

async function makeSwap(file: string): Promise<void> {
  await writeFile(file, Buffer.alloc(64 * megabyte), { mode: 0o600 });
  await execa('mkswap', [file]);
}

async function write(path: string, content: string | Buffer): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, content);
}
