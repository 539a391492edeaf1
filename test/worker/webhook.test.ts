import { expect, test } from 'vitest';
import { webhookFrom } from '../../worker/webhook.ts';

const secret = { HOLDFAST_WEBHOOK_SECRET_FILE: '/etc/holdfast/webhook-secret' };

test('without an URL there is no webhook', () => {
  expect(webhookFrom({})).toBeUndefined();
  expect(webhookFrom(secret)).toBeUndefined();
  expect(webhookFrom({ ...secret, HOLDFAST_WEBHOOK_URL: '' })).toBeUndefined();
});

test('with both there is one', () => {
  expect(webhookFrom({ ...secret, HOLDFAST_WEBHOOK_URL: 'https://hooks.example.com/x' })).toEqual({
    url: 'https://hooks.example.com/x',
    secretFile: '/etc/holdfast/webhook-secret',
  });
});

test.each([
  ['nothing to sign by', {}, 'https://hooks.example.com/x', /SECRET_FILE is not/],
  ['no URL', secret, 'hooks.example.com', /no http/],
  ['another scheme', secret, 'file:///etc/passwd', /no http/],
  ['a password in the URL', secret, 'https://ann:pass@hooks.example.com', /user or password/],
])('%s is said as the worker starts, without the URL', (_, env, url, why) => {
  const start = () => webhookFrom({ ...env, HOLDFAST_WEBHOOK_URL: url });
  expect(start).toThrow(why);
  expect(start).not.toThrow(url);
});
