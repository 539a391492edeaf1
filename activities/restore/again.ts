import { HostError } from '../../hosts/errors.ts';

/**
 * Once more where the connection was lost: it may be one from before a reboot, noticed only now, and a host that lives
 * must not be left out for that.
 */
export async function again<T>(ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof HostError && error.kind === 'ConnectionLost') return ask();
    throw error;
  }
}
