import type { LogLevel, LogMetadata } from '@temporalio/worker';
import { DefaultLogger } from '@temporalio/worker';

export type LogFormat = 'json' | 'text';

/** HOLDFAST_LOG_FORMAT: json or text. Not set: text where a person looks on, else json. */
export function logFormatFrom(
  { HOLDFAST_LOG_FORMAT: format }: NodeJS.ProcessEnv,
  isTerminal: boolean,
): LogFormat {
  if (!format) return isTerminal ? 'text' : 'json';
  if (format === 'json' || format === 'text') return format;
  throw new Error(`HOLDFAST_LOG_FORMAT is ${format}: it takes json or text`);
}

/** Lines on standard error; `text` is the SDK's own, for people. */
export function loggerOf(format: LogFormat, level: LogLevel = 'INFO'): DefaultLogger {
  return format === 'json' ? jsonLogger(level) : new DefaultLogger(level);
}

/** Structured lines on standard error: one JSON object a line, for journald or a file. */
export function jsonLogger(level: LogLevel = 'INFO'): DefaultLogger {
  return new DefaultLogger(level, ({ level: at, message, meta, timestampNanos }) => {
    const time = new Date(Number(timestampNanos / 1_000_000n)).toISOString();
    process.stderr.write(`${JSON.stringify({ time, level: at, message, ...plain(meta) }, bigintAsText)}\n`);
  });
}

/** Errors are not enumerable: without this an error would be `{}` in the log. */
function plain(meta: LogMetadata | undefined): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(meta ?? {}).map(([key, value]: [string, unknown]) => [
      key,
      value instanceof Error ? (value.stack ?? value.message) : value,
    ]),
  );
}

function bigintAsText(_: string, value: unknown): unknown {
  return typeof value === 'bigint' ? value.toString() : value;
}
