import { createHmac } from 'node:crypto';
import { type IncomingMessage, type ServerResponse, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { CancelledFailure } from '@temporalio/activity';
import { MockActivityEnvironment } from '@temporalio/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { notify } from '../../activities/notify.ts';
import type { Deps } from '../../activities/step.ts';
import { postSigned } from '../../activities/webhook.ts';
import type { Notification } from '../../cluster/failover/notification.ts';
import { fakeHosts } from '../../hosts/fake.ts';

const secret = 'a secret of a good length';
const notification: Notification = {
  id: 'b2b1d7a4-demo',
  cluster: 'demo',
  state: 'degraded',
  since: '2026-11-25T03:00:00.000Z',
  what: 'waits: etcd-no-quorum: etcd has no quorum – nichts geht',
  degraded: ['etcd has no quorum'],
  waitingFor: { do: 'wait', reason: 'etcd-no-quorum', why: 'x', help: ['holdfast restore demo'] },
};

interface Received {
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
  readonly method?: string | undefined;
}

let received: Received[] = [];
let answer: (response: ServerResponse, path: string) => void;
const server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    const { headers, method, url = '' } = request;
    received.push({ headers, method, body: Buffer.concat(chunks).toString() });
    answer(response, url);
  });
});
let url: string;
beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hooks/T0KEN?key=PASSW0RD`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});
beforeEach(() => {
  received = [];
  answer = (response) => response.writeHead(204).end();
});

const environment = () => new MockActivityEnvironment();
function run(
  webhook: Deps['webhook'] | null,
  content = `${secret}\n`,
  env = environment(),
): Promise<unknown> {
  const deps: Deps = {
    hosts: fakeHosts(),
    readLocalFile: (path) =>
      path === '/etc/holdfast/secret'
        ? Promise.resolve(Buffer.from(content))
        : Promise.reject(new Error('ENOENT')),
    ...(webhook && { webhook }),
  };
  return env.run(notify(deps), notification);
}
const here = () => ({ url, secretFile: '/etc/holdfast/secret' });
const failureOf = (running: Promise<unknown>) =>
  running.then(
    () => expect.fail('it was sent'),
    (error: unknown) => error as { message: string; nonRetryable: boolean; type: string },
  );

test('where no webhook is set nothing is sent, and nothing fails', async () => {
  expect(await run(null)).toEqual({ sent: false });
});

test('a notification arrives as JSON, with its id, and signed so that the receiver can tell', async () => {
  expect(await run(here())).toEqual({ sent: true });
  expect(received).toHaveLength(1);
  const [{ headers, body, method } = expect.fail('nothing arrived')] = received;
  expect(method).toBe('POST');
  expect(JSON.parse(body)).toEqual(notification);
  expect(headers).toMatchObject({
    'content-type': 'application/json',
    'holdfast-notification-id': notification.id,
  });
  const [, t = '', v1] = /^t=(\d+),v1=([0-9a-f]{64})$/.exec(String(headers['holdfast-signature'])) ?? [];
  expect(v1).toBe(createHmac('sha256', secret).update(`${t}.${body}`).digest('hex'));
  expect(Math.abs(Number(t) - Date.now() / 1000)).toBeLessThan(60);
});

describe('an answer other than 2xx', () => {
  test.each([
    [400, true],
    [401, false],
    [403, false],
    [404, false],
    [408, false],
    [410, true],
    [413, true],
    [422, true],
    [429, false],
    [500, false],
    [503, false],
  ])('%i: given up for good: %s', async (status, nonRetryable) => {
    answer = (response) => response.writeHead(status).end('no');
    const failure = await failureOf(run(here()));
    expect(failure).toMatchObject({ type: 'WebhookFailed', nonRetryable });
    expect(failure.message).toContain(`HTTP ${status}: no`);
  });

  test('of what it says 200 characters are told, without control characters, and never the path or the secret', async () => {
    answer = (response, path) =>
      response.writeHead(500).end(`\u001b[31mbad\u0001\n${path} ${'x'.repeat(100_000)}`);
    const { message } = await failureOf(run(here()));
    expect(message).toMatch(/^the webhook at 127\.0\.0\.1:\d+ has not taken it: HTTP 500: bad /);
    expect(message.length).toBeLessThan(300);
    expect(message).not.toMatch(/T0KEN|PASSW0RD/);
    expect(message).not.toContain(secret);
  });

  test('that never ends is read no further', async () => {
    answer = (response) => {
      response.writeHead(500);
      response.write('y'.repeat(5000));
    };
    expect((await failureOf(run(here()))).message).toContain('HTTP 500: yyy');
  });

  test('a redirect is not followed', async () => {
    answer = (response, path) =>
      path === '/elsewhere'
        ? response.writeHead(204).end()
        : response.writeHead(307, { location: '/elsewhere' }).end();
    expect(await failureOf(run(here()))).toMatchObject({ nonRetryable: false });
    expect(received).toHaveLength(1);
  });
});

describe('no answer', () => {
  test('from nobody who listens: tried again, and the reason is said', async () => {
    const closed = createServer();
    await new Promise<void>((resolve) => closed.listen(0, '127.0.0.1', resolve));
    const { port } = closed.address() as AddressInfo;
    await new Promise((resolve) => closed.close(resolve));
    const failure = await failureOf(run({ ...here(), url: `http://127.0.0.1:${port}/hooks/T0KEN` }));
    expect(failure).toMatchObject({ type: 'WebhookFailed', nonRetryable: false });
    expect(failure.message).toMatch(/127\.0\.0\.1:\d+ has not taken it: .*ECONNREFUSED/);
    expect(failure.message).not.toContain('T0KEN');
  });

  test('in time: the request ends', async () => {
    answer = () => undefined;
    const signal = new AbortController().signal;
    const post = { url, secret: Buffer.from(secret), id: 'a', body: '{}', timeoutMs: 100, signal };
    await expect(postSigned(post)).rejects.toMatchObject({ name: 'TimeoutError' });
  });

  test('before Temporal wants the activity to end: it ends as cancelled, never as aborted', async () => {
    const env = environment();
    answer = () => env.cancel('CANCELLED');
    await expect(run(here(), undefined, env)).rejects.toBeInstanceOf(CancelledFailure);
  });
});

describe('the secret', () => {
  test('is taken without the line break that an editor leaves', async () => {
    await run(here(), `${secret}\r\n`);
    const [{ headers, body } = expect.fail('nothing arrived')] = received;
    const [, t = '', v1] = /^t=(\d+),v1=(.*)$/.exec(String(headers['holdfast-signature'])) ?? [];
    expect(v1).toBe(createHmac('sha256', secret).update(`${t}.${body}`).digest('hex'));
  });

  test('that is not there or too short sends nothing, and is tried again once somebody has mended it', async () => {
    for (const running of [
      run({ ...here(), secretFile: '/nowhere' }),
      run(here(), 'short\n'),
      run(here(), '\n'),
    ]) {
      const failure = await failureOf(running);
      expect(failure).toMatchObject({ type: 'WebhookFailed', nonRetryable: false });
      expect(failure.message).not.toContain('short\n');
    }
    expect(received).toEqual([]);
  });
});
