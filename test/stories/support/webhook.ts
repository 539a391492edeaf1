import { createServer } from 'node:http';
import { writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { Notification } from '../../../cluster/failover/notification.ts';
import { holdfastCommand } from './holdfast.ts';
import { type StoryLab, storyFolder } from './story-lab.ts';
import { killWorker } from './worker-process.ts';

export interface Told {
  readonly at: number;
  readonly notice: Notification;
}

/** Runs `story` with a worker that tells a webhook on loopback; afterwards one without takes its place. */
export async function withWebhook(
  { holdfast }: StoryLab,
  story: (told: readonly Told[]) => Promise<void>,
): Promise<void> {
  const told: Told[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (part: Buffer) => (body += part.toString()));
    request.on('end', () => {
      told.push({ at: Date.now(), notice: JSON.parse(body) as Notification });
      response.writeHead(204).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const secret = join(storyFolder, 'webhook-secret');
  await writeFile(secret, 'the secret of a story of its own', { mode: 0o600 });
  const other = holdfastCommand(storyFolder, {
    HOLDFAST_BACKUP_IDENTITY: holdfast.env.HOLDFAST_BACKUP_IDENTITY ?? '',
    HOLDFAST_WEBHOOK_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    HOLDFAST_WEBHOOK_SECRET_FILE: secret,
  });
  try {
    await killWorker(holdfast);
    await other.run(['dev'], 2);
    await story(told);
  } finally {
    await killWorker(holdfast);
    await holdfast.run(['dev'], 2);
    server.close();
  }
}
