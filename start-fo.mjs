import { Client, Connection } from '@temporalio/client';
const connection = await Connection.connect({ address: '127.0.0.1:7300' });
const client = new Client({ connection });
const h = client.workflow.getHandle('holdfast:demo:change');
const d = await h.describe();
const { history } = await client.workflowService.getWorkflowExecutionHistory({ namespace: 'default', execution: { workflowId: 'holdfast:demo:change', runId: d.runId }, maximumPageSize: 1 });
const { spec } = JSON.parse(Buffer.from(history.events[0].workflowExecutionStartedEventAttributes.input.payloads[0].data).toString());
await client.workflow.start('failover', { workflowId: 'holdfast:demo:failover', taskQueue: 'holdfast', args: [{ spec }] });
await connection.close();
