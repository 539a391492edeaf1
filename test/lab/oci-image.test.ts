import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { execa } from 'execa';
import { archiveImage, filesLayer, sha256Of, writeImage } from '../../lab/oci-image.ts';

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'oci-'));
  await writeFile(join(dir, 'program'), '#!/bin/sh\n', { mode: 0o755 });
});
afterAll(() => rm(dir, { recursive: true }));

async function make(name: string): Promise<string> {
  const work = join(dir, name);
  await mkdir(work);
  const layer = await filesLayer({ '/opt/bin/program': join(dir, 'program') }, work);
  await writeImage(join(work, 'layout'), 'a/b:v1', { arch: 'amd64', entrypoint: ['/opt/bin/program'] }, [
    layer,
  ]);
  await archiveImage(join(work, 'layout'), join(work, 'image.tar'));
  return work;
}

interface Descriptor {
  readonly digest: string;
  readonly size: number;
}

it('names every blob by what it holds, from the index down to the file in the layer', async () => {
  const layout = join(await make('one'), 'layout');
  const blob = async ({ digest, size }: Descriptor) => {
    const bytes = await readFile(join(layout, 'blobs', digest.replace(':', '/')));
    expect(`sha256:${createHash('sha256').update(bytes).digest('hex')}`).toBe(digest);
    expect(bytes.length).toBe(size);
    return bytes;
  };
  const parse = (text: Buffer) => JSON.parse(text.toString()) as never;
  const index: { manifests: (Descriptor & { annotations: object })[] } = parse(
    await readFile(join(layout, 'index.json')),
  );
  expect(index.manifests).toHaveLength(1);
  expect(index.manifests[0]?.annotations).toMatchObject({ 'io.containerd.image.name': 'a/b:v1' });
  const manifest: { config: Descriptor; layers: Descriptor[] } = parse(
    await blob(index.manifests[0] as Descriptor),
  );
  const config: { rootfs: { diff_ids: string[] }; config: { Entrypoint: string[] } } = parse(
    await blob(manifest.config),
  );
  expect(config.config.Entrypoint).toEqual(['/opt/bin/program']);

  const tar = gunzipSync(await blob(manifest.layers[0] as Descriptor));
  expect(config.rootfs.diff_ids).toEqual([`sha256:${createHash('sha256').update(tar).digest('hex')}`]);
  const { stdout } = await execa('tar', ['-tv', '--numeric-owner'], { input: tar });
  expect(stdout).toMatch(/^-rwxr-xr-x 0\/0 +10 1970-01-01 .* \.\/opt\/bin\/program$/m);
  expect(stdout).toMatch(/^drwxrwxrwt 0\/0 .* \.\/tmp\/$/m);
});

it('makes the same archive again, to the byte', async () => {
  const [a, b] = [await make('two'), await make('three')];
  expect(await sha256Of(join(a, 'image.tar'))).toBe(await sha256Of(join(b, 'image.tar')));
});
