/** Takes a stream of bytes; what is left of it at the end. */
export interface Sink {
  push(chunk: Buffer): void;
  end(): Output;
}

/** Keeps the last `max` bytes of a stream, and counts what it let go. */
export function keepTail(max: number): Sink {
  const chunks: Buffer[] = [];
  let size = 0;
  let dropped = 0;
  return {
    push(chunk) {
      chunks.push(chunk);
      size += chunk.length;
      while (chunks.length > 1 && size - (chunks[0] as Buffer).length >= max) {
        const gone = (chunks.shift() as Buffer).length;
        size -= gone;
        dropped += gone;
      }
    },
    end() {
      const all = Buffer.concat(chunks);
      const excess = Math.max(0, all.length - max);
      return { bytes: all.subarray(excess), dropped: dropped + excess };
    },
  };
}

/** Hands over each whole line, without its end. Throws at one of more than `max` bytes: it is not waited for. */
export function splitLines(max: number, onLine: (line: string) => void, tooLong: () => Error): Sink {
  let rest: Buffer[] = [];
  let size = 0;
  return {
    push(chunk) {
      let from = 0;
      for (let at = chunk.indexOf(10); at >= 0; at = chunk.indexOf(10, from)) {
        if (size + at - from > max) throw tooLong();
        const line = Buffer.concat([...rest, chunk.subarray(from, at)]).toString('utf8');
        [rest, size, from] = [[], 0, at + 1];
        onLine(line);
      }
      if (from === chunk.length) return;
      rest.push(chunk.subarray(from));
      size += chunk.length - from;
      if (size > max) throw tooLong();
    },
    end: () => ({ bytes: Buffer.concat(rest), dropped: 0 }),
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
