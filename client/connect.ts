import { Client, Connection } from '@temporalio/client';
import { loadClientConnectConfig } from '@temporalio/envconfig';
import { ensureEmbedded, runningEmbedded } from './dev/embedded.ts';
import { ExitError, exitCode } from './exit.ts';
import { uiLink, uiOf } from './ui-link.ts';

export interface Temporal {
  readonly client: Client;
  readonly address: string;
  readonly namespace: string;
  /** Link to a workflow run in the UI. */
  readonly link: (workflowId: string, runId?: string) => string;
  readonly close: () => Promise<void>;
}

/** The Temporal that the environment names, else the embedded one, else localhost:7233. Exit code 4 when it does not answer. */
export async function connect(): Promise<Temporal> {
  const { connectionOptions, namespace } = configured();
  const embedded = connectionOptions.address ? undefined : await runningEmbedded();
  const address = connectionOptions.address ?? embedded?.address ?? 'localhost:7233';
  const space = namespace ?? 'default';
  try {
    const connection = await Connection.connect({ ...connectionOptions, address, connectTimeout: '5 s' });
    const ui = process.env.HOLDFAST_UI_URL || (embedded?.ui ?? uiOf(address));
    return {
      client: new Client({ connection, namespace: space }),
      address,
      namespace: space,
      link: (workflowId, runId) => uiLink(ui, space, workflowId, runId),
      close: () => connection.close(),
    };
  } catch (error) {
    throw new ExitError(
      exitCode.unreachable,
      `Temporal does not answer at ${address}: ${firstLine(error)}\n` +
        'Start one here with: holdfast dev. Or name yours in TEMPORAL_ADDRESS.',
    );
  }
}

/** As `connect`; where no Temporal is named and none answers, the embedded one is started, and that is said. */
export async function connectOrStart(say: (line: string) => void): Promise<Temporal> {
  if (configured().connectionOptions.address) return connect();
  const embedded = await runningEmbedded();
  const there = embedded ? undefined : await connect().catch(unreachable);
  // Somebody else's server on the usual port: it is used as it is, with the worker that they run.
  if (there) return there;
  if (!embedded)
    say('no Temporal server is named and none answers: starting one here, with a worker (holdfast dev)');
  try {
    await ensureEmbedded(say);
  } catch (error) {
    throw new ExitError(exitCode.unreachable, error instanceof Error ? error.message : String(error));
  }
  return connect();
}

function configured(): ReturnType<typeof loadClientConnectConfig> {
  try {
    return loadClientConnectConfig();
  } catch (error) {
    throw new ExitError(exitCode.badInput, `Temporal's configuration: ${firstLine(error)}`);
  }
}

function unreachable(error: unknown): undefined {
  if (!(error instanceof ExitError)) throw error;
}

const firstLine = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).split('\n')[0] ?? '';
