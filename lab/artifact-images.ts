import { createReadStream } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import type { Image } from './artifact-table.ts';
import { artifactFolder, keyOf, makeOnce } from './artifact-cache.ts';
import { type Layer, archiveImage, filesLayer, layerOf, writeImage } from './oci-image.ts';

export const suite = 'bookworm';
const packages = ['busybox', 'iptables', 'nftables', 'conntrack', 'netbase'];
const netfilter = ['iptables', 'ip6tables'].flatMap((name) => [name, `${name}-save`, `${name}-restore`]);
const applets =
  'sh cp mv rm cat ls ln mkdir chmod env sleep hostname id grep sed awk head tail find wc df mount umount ps ip ping nslookup'.split(
    ' ',
  );

/** Makes OCI layouts in `dir/images`, archives in `files/images`, and a registry's folder with all of them in `dir/registry`. */
export async function makeImages(
  images: readonly Image[],
  dir: string,
  options: { arch: string; fileOf: (program: string) => string; say: (line: string) => void },
): Promise<void> {
  const base = await debianTar(options.say);
  const work = join(dir, 'layers');
  const layouts = join(dir, 'layouts');
  await mkdir(work, { recursive: true });
  const debian = await layerOf(createReadStream(base), work);

  for (const image of images) {
    const files = Object.fromEntries(
      Object.entries(image.files).map(([path, name]) => [path, options.fileOf(name)]),
    );
    const own = await filesLayer(files, work);
    const layers: Layer[] = image.debian ? [debian, own] : [own];
    await writeImage(layoutOf(layouts, image), refOf(image), { ...image, arch: options.arch }, layers);
    await archiveImage(layoutOf(layouts, image), join(dir, 'files', 'images', archiveName(image)));
  }
  const pairs = images.map((image) => `${refOf(image)}=${layoutOf(layouts, image)}`);
  await execa(options.fileOf('registry'), ['fill', join(dir, 'registry'), ...pairs], { all: true });
  await rm(layouts, { recursive: true });
  await rm(work, { recursive: true });
}

export function refOf(image: Image): string {
  return `${image.name}:${image.tag}`;
}

/** `coredns/coredns:v1.12.4` → `coredns-coredns-v1.12.4.tar`. */
export function archiveName(image: Image): string {
  return `${image.name.replaceAll('/', '-')}-${image.tag}.tar`;
}

function layoutOf(layouts: string, image: Image): string {
  return join(layouts, archiveName(image).replace(/\.tar$/, ''));
}

/** Debian's packet filters, libc and busybox: extracted, not installed, so without a shell script having run. About 30 MB. */
async function debianTar(say: (line: string) => void): Promise<string> {
  const link = (folder: string, names: readonly string[], target: string) =>
    names.map((name) => `ln -sf ${target} "$1/${folder}/${name}"`).join('; ');
  const hooks = [link('bin', applets, 'busybox'), link('usr/sbin', netfilter, 'xtables-nft-multi')];
  const folder = artifactFolder('image-base', suite, await keyOf({ packages, hooks }));
  await makeOnce(folder, async (work) => {
    say(`image base: ${packages.join(', ')} of Debian ${suite}`);
    const options = [
      '--variant=extract',
      `--include=${packages.join(',')}`,
      ...hooks.map((h) => `--extract-hook=${h}`),
    ];
    await execa('mmdebstrap', [...options, suite, join(work, 'base.tar')], {
      env: { SOURCE_DATE_EPOCH: '0' },
      stdin: 'ignore',
    });
    const { stdout } = await execa('tar', ['-tf', join(work, 'base.tar')]);
    for (const file of ['./bin/sh', './usr/sbin/iptables', './usr/sbin/nft', './usr/sbin/conntrack'])
      if (!stdout.split('\n').includes(file)) throw new Error(`${file} is missing in the image base`);
  });
  return join(folder, 'base.tar');
}
