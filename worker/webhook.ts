import type { Webhook } from '../activities/webhook.ts';

/**
 * The webhook that the environment names: HOLDFAST_WEBHOOK_URL, and HOLDFAST_WEBHOOK_SECRET_FILE with what it is signed
 * by. Neither: none. What cannot work is said as the worker starts, when somebody looks.
 */
export function webhookFrom(env: NodeJS.ProcessEnv): Webhook | undefined {
  const { HOLDFAST_WEBHOOK_URL: url, HOLDFAST_WEBHOOK_SECRET_FILE: secretFile } = env;
  if (!url) return undefined;
  if (!secretFile)
    throw new Error(
      'HOLDFAST_WEBHOOK_URL is set and HOLDFAST_WEBHOOK_SECRET_FILE is not: name the file whose content signs what is sent',
    );
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (!parsed || !['http:', 'https:'].includes(parsed.protocol))
    throw new Error('HOLDFAST_WEBHOOK_URL is no http:// or https:// URL');
  if (parsed.username || parsed.password)
    throw new Error('HOLDFAST_WEBHOOK_URL holds a user or password: the signature is what tells who sends');
  return { url, secretFile };
}
