const block = 512;

export interface TarEntry {
  /** As it stands in the archive, without a slash at its end. */
  readonly path: string;
  readonly kind: 'file' | 'folder' | 'other';
  readonly content: Buffer;
  /** Header and content as they came; a changed entry has them made anew. */
  readonly bytes: Buffer;
}

/** The entries of a tar archive as GNU tar and bsdtar write it. Throws a RangeError where it is none, or is cut off. */
export function tarEntries(archive: Buffer): TarEntry[] {
  const entries: TarEntry[] = [];
  let longName: string | undefined;
  for (let at = 0; ;) {
    const header = archive.subarray(at, at + block);
    if (header.length < block) throw new RangeError('the archive is cut off');
    // An archive ends with blocks of zeros.
    if (header.every((byte) => byte === 0)) return entries;
    if (sumOf(header) !== octal(header, 148, 8)) throw new RangeError('it is no tar archive');
    const size = octal(header, 124, 12);
    const end = at + block + Math.ceil(size / block) * block;
    if (end > archive.length) throw new RangeError('the archive is cut off');
    const content = archive.subarray(at + block, at + block + size);
    const type = String.fromCharCode(header[156] ?? 0);
    if (type === 'L') longName = text(content);
    else {
      const path = (longName ?? nameOf(header)).replace(/\/+$/, '');
      entries.push({ path, kind: kindOf(type), content, bytes: archive.subarray(at, end) });
      longName = undefined;
    }
    at = end;
  }
}

/** The entry with other content; owner and mode stay. */
export function withContent(entry: TarEntry, content: Buffer): TarEntry {
  const header = Buffer.from(entry.bytes.subarray(0, block));
  header.write(`${content.length.toString(8).padStart(11, '0')}\0`, 124, 'latin1');
  header.write(`${sumOf(header).toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  const padding = Buffer.alloc((block - (content.length % block)) % block);
  return { ...entry, content, bytes: Buffer.concat([header, content, padding]) };
}

/** Names longer than a header holds are refused: none of ours is. */
export function tarOf(entries: readonly TarEntry[]): Buffer {
  for (const { path, bytes } of entries)
    if (nameOf(bytes).replace(/\/+$/, '') !== path) throw new RangeError(`the name ${path} is too long`);
  return Buffer.concat([...entries.map(({ bytes }) => bytes), Buffer.alloc(2 * block)]);
}

function nameOf(header: Buffer): string {
  const name = text(header.subarray(0, 100));
  // ustar keeps the front part of a long name apart; GNU tar has other things in that place.
  const prefix = header.toString('latin1', 257, 263) === 'ustar\0' ? text(header.subarray(345, 500)) : '';
  return prefix ? `${prefix}/${name}` : name;
}

function kindOf(type: string): TarEntry['kind'] {
  if (type === '0' || type === '\0') return 'file';
  return type === '5' ? 'folder' : 'other';
}

function text(bytes: Buffer): string {
  const end = bytes.indexOf(0);
  return bytes.toString('utf8', 0, end < 0 ? bytes.length : end);
}

function octal(header: Buffer, start: number, length: number): number {
  return Number.parseInt(header.toString('latin1', start, start + length).replace(/[\0 ]+$/, '') || '0', 8);
}

/** The sum's own field counts as blanks. */
function sumOf(header: Buffer): number {
  return header.reduce((sum, byte, i) => sum + (i >= 148 && i < 156 ? 32 : byte), 0);
}
