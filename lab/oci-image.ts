import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { chmod, copyFile, link, mkdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { execa } from 'execa';
import { exists } from './files.ts';

export interface ImageConfig {
  readonly arch: string;
  readonly entrypoint?: readonly string[];
  readonly cmd?: readonly string[];
}

/** A gzipped layer as a blob of an OCI layout: what the manifest and the config say of it. */
export interface Layer {
  readonly file: string;
  readonly digest: string;
  readonly size: number;
  readonly diffId: string;
}

const path = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/opt/bin';

/** Any tar as a layer in `dir`. */
export async function layerOf(tar: NodeJS.ReadableStream, dir: string): Promise<Layer> {
  const file = join(dir, 'layer.tgz');
  const [plain, packed] = [createHash('sha256'), createHash('sha256')];
  await pipeline(tar, tap(plain), createGzip({ level: 1 }), tap(packed), createWriteStream(file));
  const digest = packed.digest('hex');
  const named = join(dir, `${digest}.tgz`);
  await rename(file, named);
  return {
    file: named,
    digest: `sha256:${digest}`,
    size: (await stat(named)).size,
    diffId: `sha256:${plain.digest('hex')}`,
  };
}

/** A layer of executable files (path in the image → file here), and empty folders that programs expect. */
export async function filesLayer(files: Readonly<Record<string, string>>, dir: string): Promise<Layer> {
  const root = join(dir, 'root');
  for (const folder of ['tmp', 'run', 'etc', 'var', 'lib/modules'])
    await mkdir(join(root, folder), { recursive: true });
  await chmod(join(root, 'tmp'), 0o1777);
  for (const [target, file] of Object.entries(files)) {
    await mkdir(dirname(join(root, target)), { recursive: true });
    await linkOrCopy(file, join(root, target));
  }
  const tar = execa('tar', [...deterministic, '-C', root, '-cf', '-', '.'], { buffer: false });
  const [layer] = await Promise.all([layerOf(tar.stdout, dir), tar]);
  await rm(root, { recursive: true });
  return layer;
}

/** Writes an OCI layout of one image into `dir`. The same layers give the same digests. */
export async function writeImage(
  dir: string,
  ref: string,
  config: ImageConfig,
  layers: readonly Layer[],
): Promise<void> {
  const blobs = join(dir, 'blobs', 'sha256');
  await mkdir(blobs, { recursive: true });
  for (const layer of layers) await linkOrCopy(layer.file, join(blobs, layer.digest.slice('sha256:'.length)));

  const put = async (mediaType: string, value: unknown) => {
    const text = JSON.stringify(value);
    const hex = createHash('sha256').update(text).digest('hex');
    await writeFile(join(blobs, hex), text);
    return { mediaType, digest: `sha256:${hex}`, size: Buffer.byteLength(text) };
  };
  const kind = 'application/vnd.oci.image';
  const described = await put(`${kind}.config.v1+json`, {
    architecture: config.arch,
    os: 'linux',
    config: { Env: [`PATH=${path}`], Entrypoint: config.entrypoint, Cmd: config.cmd },
    rootfs: { type: 'layers', diff_ids: layers.map((layer) => layer.diffId) },
  });
  const manifest = await put(`${kind}.manifest.v1+json`, {
    schemaVersion: 2,
    mediaType: `${kind}.manifest.v1+json`,
    config: described,
    layers: layers.map(({ digest, size }) => ({ mediaType: `${kind}.layer.v1.tar+gzip`, digest, size })),
  });
  const annotations = {
    'io.containerd.image.name': ref,
    'org.opencontainers.image.ref.name': ref.slice(ref.lastIndexOf(':') + 1),
  };
  await writeFile(
    join(dir, 'index.json'),
    JSON.stringify({ schemaVersion: 2, manifests: [{ ...manifest, annotations }] }),
  );
  await writeFile(join(dir, 'oci-layout'), JSON.stringify({ imageLayoutVersion: '1.0.0' }));
}

/** The layout as one file, as `ctr images import` takes it. */
export async function archiveImage(dir: string, file: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  await execa('tar', [...deterministic, '-C', dir, '-cf', file, 'blobs', 'index.json', 'oci-layout']);
}

/** For GNU tar: what may differ between two machines is left out. */
export const deterministic = [
  '--sort=name',
  '--mtime=@0',
  '--owner=0',
  '--group=0',
  '--numeric-owner',
  '--format=gnu',
];

/** The cache and the work folder may lie on different file systems. */
export async function linkOrCopy(from: string, to: string): Promise<void> {
  if (await exists(to)) return;
  await link(from, to).catch(() => copyFile(from, to));
}

export async function sha256Of(file: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(file)) hash.update(chunk as Buffer);
  return hash.digest('hex');
}

function tap(hash: ReturnType<typeof createHash>): Transform {
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk);
      done(null, chunk);
    },
  });
}
