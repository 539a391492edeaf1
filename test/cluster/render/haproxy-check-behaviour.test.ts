import { once } from 'node:events';
import { type Server, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { execa } from 'execa';
import { afterEach, describe, expect, it } from 'vitest';
import { haproxyHealthPort } from '../../../cluster/render/haproxy.ts';
import { renderHaproxyCheck } from '../../../cluster/render/keepalived.ts';
import { freePort } from './haproxy-process.ts';

let server: Server | undefined;
afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});

/** Something at haproxy's health port, which answers each request as told. */
async function serve(port: number, answers: readonly (number | 'never')[]): Promise<number> {
  const left = [...answers];
  server = createServer((_, response) => {
    const answer = left.length > 1 ? left.shift() : left[0];
    if (answer === 'never') return;
    response.writeHead(answer ?? 500).end();
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

async function check(port: number): Promise<number | undefined> {
  const script = renderHaproxyCheck('fast').replaceAll(`:${haproxyHealthPort}/`, `:${port}/`);
  const { exitCode } = await execa('sh', ['-c', script], { reject: false });
  return exitCode === 0 ? 0 : 1;
}

describe('the check of haproxy, as keepalived runs it,', () => {
  it('holds for one that answers', async () => {
    expect(await check(await serve(0, [200]))).toBe(0);
  });

  it('holds for one that missed a single question', async () => {
    expect(await check(await serve(0, ['never', 200]))).toBe(0);
    server?.closeAllConnections();
    server?.close();
    expect(await check(await serve(0, [503, 200]))).toBe(0);
  });

  it('fails for one that hangs, or says that it is ill', async () => {
    expect(await check(await serve(0, ['never']))).toBe(1);
    server?.closeAllConnections();
    server?.close();
    expect(await check(await serve(0, [503]))).toBe(1);
  });

  it('fails for one that is gone, and holds for one that has died and is started anew meanwhile', async () => {
    const port = await freePort();
    expect(await check(port)).toBe(1);
    const checked = check(port);
    setTimeout(() => void serve(port, [200]), 150);
    expect(await checked).toBe(0);
  });
});
