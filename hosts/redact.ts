import { stripVTControlCharacters } from 'node:util';

/** Text fit for a log, an error, or a workflow's history: no terminal control, no known secret. */
export function redact(text: string, secrets: Iterable<string> = []): string {
  let clean = plain(text);
  for (const secret of secrets) if (secret.length > 0) clean = clean.replaceAll(secret, '[hidden]');
  return clean;
}

/** Last lines of output: at most 20 lines and 2 kB, whole lines where they fit. */
export function tail(text: string, secrets: Iterable<string> = []): string {
  const lines = redact(text, secrets).trim().split('\n').slice(-20).join('\n');
  const bytes = Buffer.from(lines);
  if (bytes.length <= 2048) return lines;
  // A cut inside a character would show as a replacement sign.
  return (
    '…' +
    bytes
      .subarray(bytes.length - 2045)
      .toString()
      .replace(/^\uFFFD+/, '')
  );
}

/** Without terminal control. */
export function plain(text: string): string {
  return (
    stripVTControlCharacters(text)
      .replaceAll('\r\n', '\n')
      .split('\n')
      .map(lastWritten)
      .join('\n')
      // eslint-disable-next-line no-control-regex -- control characters are what is removed
      .replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, '')
  );
}

/** Progress bars rewrite a line with a carriage return: what stood last is what a person would have seen. */
function lastWritten(line: string): string {
  return line.split('\r').findLast((part) => part !== '') ?? '';
}
