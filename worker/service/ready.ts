import { setTimeout as pause } from 'node:timers/promises';
import { Connection } from '@temporalio/client';
import { keepRecords } from '../embedded/server.ts';

/** Ends when the server at `address` serves, and keeps the records of clusters. Throws when it does not within `seconds`. */
export async function untilReady(address: string, seconds: number): Promise<void> {
  const end = Date.now() + seconds * 1000;
  for (;;)
    try {
      const connection = await Connection.connect({ address, connectTimeout: '2 s' });
      await connection.close();
      return await keepRecords(address);
    } catch (error) {
      if (Date.now() > end)
        throw new Error(`Temporal does not serve at ${address} after ${seconds} s: ${String(error)}`, {
          cause: error,
        });
      await pause(300);
    }
}
