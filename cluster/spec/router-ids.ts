/** An address, and the VRRP router id that the spec gives it, if any. */
interface Wanted {
  readonly address: string;
  readonly routerId?: number | undefined;
}

/**
 * VRRP router ids in 1..255: the spec's own, else derived from the cluster's name and the address, so that they stay the
 * same from run to run and two clusters in one subnet seldom meet. A derived one gives way to the other.
 */
export function routerIds(
  cluster: string,
  internal: Wanted,
  external: Wanted | undefined,
): { readonly internal: number; readonly external: number } {
  const taken = external?.routerId;
  const first = internal.routerId ?? free(hash(`${cluster}/${internal.address}`), taken);
  const second = taken ?? free(hash(`${cluster}/${external?.address}`), first);
  return { internal: first, external: second };
}

function free(id: number, taken: number | undefined): number {
  return id === taken ? (id % 255) + 1 : id;
}

/** FNV-1a, 32 bits, folded into 1..255. */
function hash(text: string): number {
  let sum = 0x811c9dc5;
  for (const char of text) sum = Math.imul(sum ^ (char.codePointAt(0) ?? 0), 0x01000193) >>> 0;
  return (sum % 255) + 1;
}
