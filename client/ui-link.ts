/** Where a browser shows a workflow run. The one place that knows the UI's paths. */
export function uiLink(ui: string, namespace: string, workflowId: string, runId?: string): string {
  const parts = [namespace, 'workflows', workflowId, ...(runId ? [runId, 'timeline'] : [])];
  return `${ui.replace(/\/+$/, '')}/namespaces/${parts.map(encodeURIComponent).join('/')}`;
}

/** The UI that belongs to a server: HOLDFAST_UI_URL, Temporal Cloud's, or the dev server's (its port and a thousand). */
export function uiOf(address: string, env: NodeJS.ProcessEnv = process.env): string {
  if (env.HOLDFAST_UI_URL) return env.HOLDFAST_UI_URL;
  if (/\.(tmprl\.cloud|api\.temporal\.io)(:\d+)?$/.test(address)) return 'https://cloud.temporal.io';
  const [host, port] = address.split(/:(?=\d+$)/);
  return `http://${host}:${Number(port ?? 7233) + 1000}`;
}
