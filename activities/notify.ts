import { ApplicationFailure, Context } from '@temporalio/activity';
import type { Notification } from '../cluster/failover/notification.ts';
import { redact } from '../hosts/redact.ts';
import type { Deps } from './step.ts';
import { type Answer, type Webhook, postSigned } from './webhook.ts';

/** `sent` false: no webhook is set. */
export interface Notified {
  readonly sent: boolean;
}

const timeoutMs = 10_000;

/** Tells whoever the webhook belongs to of a change of state. May be told twice under one id, where an answer was lost. */
export const notify =
  ({ webhook, readLocalFile }: Deps) =>
  async (notification: Notification): Promise<Notified> => {
    if (!webhook) return { sent: false };
    const signal = Context.current().cancellationSignal;
    const secret = await secretOf(webhook, readLocalFile);
    const body = JSON.stringify(notification);
    const post = { url: webhook.url, secret, id: notification.id, body, timeoutMs, signal };
    const answer = await postSigned(post).catch((error: unknown) => {
      // An AbortError must never leave an activity: a paused one would hang.
      if (signal.aborted) throw signal.reason;
      throw failure(webhook, reasonOf(error), false);
    });
    if (answer.status >= 200 && answer.status < 300) return { sent: true };
    throw failure(webhook, said(answer, webhook), isFinal(answer.status));
  };

/**
 * The receiver will not have this one, however often it is sent. Not where it knows nobody or is not found: one that is
 * being put up anew answers so, and an alarm must outlast that.
 */
function isFinal(status: number): boolean {
  return [400, 410, 413, 422].includes(status);
}

/** Trailing line breaks are the editor's. */
async function secretOf({ secretFile }: Webhook, read: Deps['readLocalFile']): Promise<Buffer> {
  const content = await read(secretFile).catch((error: unknown) => {
    throw failureOf(`the webhook's secret cannot be read: ${reasonOf(error)}`, false);
  });
  const secret = Buffer.from(content.toString('latin1').replace(/[\r\n]+$/, ''), 'latin1');
  if (secret.length < 16)
    throw failureOf(
      `the webhook's secret in ${secretFile} is shorter than 16 bytes: openssl rand -hex 32`,
      false,
    );
  return secret;
}

function said({ status, says }: Answer, { url }: Webhook): string {
  const { pathname, search } = new URL(url);
  const hidden = [pathname, search].filter((part) => part.length > 1);
  return `HTTP ${status}${says && `: ${redact(says, hidden)}`}`;
}

/** Of the URL the host alone is named: many a receiver's path is a password. */
function failure({ url }: Webhook, why: string, nonRetryable: boolean): ApplicationFailure {
  return failureOf(`the webhook at ${new URL(url).host} has not taken it: ${why}`, nonRetryable);
}

function failureOf(message: string, nonRetryable: boolean): ApplicationFailure {
  return ApplicationFailure.create({ message, type: 'WebhookFailed', nonRetryable });
}

/** fetch says only that it failed; why is in the cause. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.name === 'TimeoutError') return `no answer within ${timeoutMs / 1000} s`;
  return error.cause instanceof Error ? error.cause.message || error.cause.name : error.message;
}
