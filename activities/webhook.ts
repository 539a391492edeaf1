import { createHmac } from 'node:crypto';
import { plain } from '../hosts/redact.ts';

/** Where changes of state are told, from the worker's environment. The secret's file is read each time: it may change. */
export interface Webhook {
  readonly url: string;
  readonly secretFile: string;
}

export interface SignedPost {
  readonly url: string;
  readonly secret: Buffer;
  readonly id: string;
  readonly body: string;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/** Names of the headers. **Contract**: receivers check them. */
export const headers = { id: 'Holdfast-Notification-Id', signature: 'Holdfast-Signature' } as const;

/** Of a receiver's answer no more than this is read. */
const mostOfAnswer = 200;

/** What a receiver computes too: HMAC-SHA256, by the shared secret, over the time in seconds, a dot and the body. */
export function signature(secret: Buffer, seconds: number, body: string): string {
  const hmac = createHmac('sha256', secret).update(`${seconds}.${body}`).digest('hex');
  return `t=${seconds},v1=${hmac}`;
}

export interface Answer {
  readonly status: number;
  /** The beginning of what an answer other than 2xx says. */
  readonly says: string;
}

/** A redirect is an answer like any other: what is signed for one place is not sent to another. */
export async function postSigned({ url, secret, id, body, timeoutMs, signal }: SignedPost): Promise<Answer> {
  const response = await fetch(url, {
    method: 'POST',
    body,
    redirect: 'manual',
    signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
    headers: {
      'Content-Type': 'application/json',
      'User-Agent': 'holdfast',
      // The next one is hours away: a connection that was kept would be dead by then.
      Connection: 'close',
      [headers.id]: id,
      [headers.signature]: signature(secret, Math.floor(Date.now() / 1000), body),
    },
  });
  if (!response.ok) return { status: response.status, says: await beginning(response) };
  await response.body?.cancel();
  return { status: response.status, says: '' };
}

async function beginning({ body }: Response): Promise<string> {
  if (!body) return '';
  const decoder = new TextDecoder();
  let text = '';
  // Leaving the loop lets go of the rest.
  for await (const chunk of body as AsyncIterable<Uint8Array>) {
    text += decoder.decode(chunk, { stream: true });
    if (text.length >= mostOfAnswer) break;
  }
  return plain(text.slice(0, 2 * mostOfAnswer))
    .replace(/\s+/g, ' ')
    .trim()
    .slice(0, mostOfAnswer);
}
