/** Keeps the last `max` bytes of a stream, and counts what it let go. */
export function keepTail(max: number) {
  const chunks: Buffer[] = [];
  let size = 0;
  let dropped = 0;
  return {
    push(chunk: Buffer): void {
      chunks.push(chunk);
      size += chunk.length;
      while (chunks.length > 1 && size - (chunks[0] as Buffer).length >= max) {
        const gone = (chunks.shift() as Buffer).length;
        size -= gone;
        dropped += gone;
      }
    },
    end(): Output {
      const all = Buffer.concat(chunks);
      const excess = Math.max(0, all.length - max);
      return { bytes: all.subarray(excess), dropped: dropped + excess };
    },
  };
}

export interface Output {
  readonly bytes: Buffer;
  /** Bytes that came before and were not kept. */
  readonly dropped: number;
}

/** As text; says so where something is missing. */
export function asText(output: Output): string {
  const text = output.bytes.toString('utf8');
  return output.dropped > 0 ? `[${output.dropped} bytes dropped]\n${text}` : text;
}
