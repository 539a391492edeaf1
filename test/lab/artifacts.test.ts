import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { execa } from 'execa';
import { alone, artifactFolder, keyOf, makeOnce } from '../../lab/artifact-cache.ts';
import { archiveName, refOf } from '../../lab/artifact-images.ts';
import { type Program, images, programs, served, versions } from '../../lab/artifact-table.ts';
import { artifactChecksums, artifactVars } from '../../lab/artifact-vars.ts';
import { cannotBuild, goVersion, programKey } from '../../lab/build-program.ts';
import { extras } from '../../lab/extra-artifacts.ts';
import { exists } from '../../lab/files.ts';
import { asset } from '../../lab/paths.ts';

let dir: string;
const before = { cache: process.env.HOLDFAST_CACHE, path: process.env.PATH };
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'artifacts-'));
  process.env.HOLDFAST_CACHE = dir;
});
afterAll(async () => {
  restore('HOLDFAST_CACHE', before.cache);
  await rm(dir, { recursive: true });
});

function restore(name: string, value: string | undefined): void {
  if (value === undefined) delete process.env[name];
  else process.env[name] = value;
}

/** With what only some labs need. */
const more = Object.values(extras);
const all = [...programs, ...more.flatMap((extra) => extra.programs)];

describe('the table', () => {
  it('gives every program a name of its own and a module that is there', async () => {
    expect(new Set(all.map(({ name }) => name)).size).toBe(all.length);
    for (const { module } of all)
      expect(await exists(asset('artifacts', 'modules', module, 'go.mod'))).toBe(true);
  });

  it('pins in go.mod the very version that it names', async () => {
    for (const { name, version, module, packages } of all.filter((p) => p.version !== 'own')) {
      const mod = await readFile(asset('artifacts', 'modules', module, 'go.mod'), 'utf8');
      const line = mod
        .split('\n')
        .find(
          (l) => l.endsWith(` ${version}`) && packages.every((p) => p === '.' || p.startsWith(pathOf(l))),
        );
      expect(line, `${name} ${version}`).toBeDefined();
    }
  });

  it('serves and images only programs that it builds', () => {
    const known = new Set(all.map(({ name }) => name));
    const used = [
      ...[...served('amd64'), ...more.flatMap((extra) => extra.served('amd64'))].flatMap((file) => {
        if ('debian' in file) return [];
        return 'program' in file ? [file.program] : Object.values(file.members);
      }),
      ...[...images, ...more.flatMap((extra) => extra.images)].flatMap(({ files }) => Object.values(files)),
    ];
    expect(used.filter((name) => !known.has(name))).toEqual([]);
  });

  it('names images as Kubespray asks for them', () => {
    expect(images.map(refOf)).toEqual(
      expect.arrayContaining([
        'kube-apiserver:v1.34.4',
        'pause:3.10.1',
        'coredns/coredns:v1.12.4',
        'flannel/flannel:v0.28.4',
        'flannel/flannel-cni-plugin:v1.7.1-flannel1',
      ]),
    );
    expect(archiveName({ name: 'a/b', tag: 'v1', files: {} })).toBe('a-b-v1.tar');
  });
});

describe('the cache', () => {
  const program: Program = { ...(programs.find(({ name }) => name === 'pause') as Program) };

  it('gives another key when anything that is built changes, and the same when only the estimate does', async () => {
    const key = await programKey(program, 'amd64');
    expect(await programKey({ ...program, seconds: 999 }, 'amd64')).toBe(key);
    expect(await programKey({ ...program, ldflags: '-X a.b=c' }, 'amd64')).not.toBe(key);
    expect(await programKey(program, 'arm64')).not.toBe(key);
    expect(await keyOf('x', 'host')).not.toBe(await keyOf('x', 'playbook'));
  });

  it('makes a folder once, and whole or not at all', async () => {
    const folder = artifactFolder('thing', '1', 'abc');
    expect(folder).toBe(join(dir, 'holdfast', 'artifacts', 'thing-1-abc'));
    const half = makeOnce(folder, async (work) => {
      await writeFile(join(work, 'left'), '');
      throw new Error('interrupted');
    });
    await expect(half).rejects.toThrow('interrupted');
    expect(await exists(folder)).toBe(false);
    expect(await makeOnce(folder, (work) => writeFile(join(work, 'file'), 'x'))).toBe(true);
    expect(await exists(join(folder, 'left'))).toBe(false);
    expect(await makeOnce(folder, () => Promise.reject(new Error('built twice')))).toBe(false);
  });

  it('lets one builder work at a time, and the next one after a failure', async () => {
    const order: string[] = [];
    const job = (name: string) =>
      alone(
        () => undefined,
        async () => {
          order.push(`${name} starts`);
          await new Promise((resolve) => setTimeout(resolve, 50));
          order.push(`${name} ends`);
          if (name === 'a') throw new Error('a failed');
        },
      );
    const results = await Promise.allSettled([job('a'), job('b')]);
    expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect([order[0]?.[0], order[2]?.[0]].sort()).toEqual(['a', 'b']);
    expect(order[1]).toBe(`${order[0]?.[0]} ends`);
  });
});

describe('building', () => {
  it('says in one line which Go is needed when there is none, or an old one', async () => {
    const bin = join(dir, 'bin');
    await mkdir(bin);
    process.env.PATH = bin;
    try {
      expect(await cannotBuild()).toBe(
        `go is missing: install Go ${goVersion} or newer (https://go.dev/dl) and put its bin folder on PATH`,
      );
      await writeFile(join(bin, 'go'), '#!/bin/sh\necho go1.19.8\n', { mode: 0o755 });
      expect(await cannotBuild()).toMatch(/^the lab's binaries need Go 1.26, this is go1.19.8: /);
    } finally {
      restore('PATH', before.path);
    }
  });

  it('has the Go version that the newest module asks for', async () => {
    const { stdout } = await execa('grep', [
      '-rhE',
      '^go 1',
      '--include=go.mod',
      asset('artifacts', 'modules'),
    ]);
    const newest = Math.max(...stdout.split('\n').map((line) => Number(line.split('.')[1])));
    expect(goVersion).toBe(`1.${newest}`);
  });
});

describe('variables for Kubespray', () => {
  const checksums = Object.fromEntries(
    served('amd64').map(({ path }, i) => [path, `${i}`.repeat(64).slice(0, 64)]),
  );

  it('name our checksum of every file that Kubespray checks', () => {
    const vars = artifactVars('10.77.0.1', checksums);
    expect(vars).toMatchObject({
      registry_host: '10.77.0.1:5000',
      files_repo: 'http://10.77.0.1:8080',
      kube_version: versions.kubernetes,
      kubeadm_binary_checksum: `sha256:${'0'.repeat(64)}`,
    });
    for (const name of [
      'kubelet_binary',
      'kubectl_binary',
      'etcd_binary',
      'cni_binary',
      'crictl_binary',
      'helm_archive',
    ])
      expect(vars).toHaveProperty(`${name}_checksum`);
  });

  it('are refused when a checksum is missing', () => {
    expect(() => artifactChecksums({}, served('amd64'))).toThrow('no checksum of dl.k8s.io/release/v1.34.4');
  });
});

function pathOf(line: string): string {
  return line
    .trim()
    .replace(/^require /, '')
    .split(' ')[0] as string;
}
