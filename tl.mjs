import { Client, Connection } from '@temporalio/client';
const connection = await Connection.connect({ address: '127.0.0.1:7300' });
const client = new Client({ connection });
const h = client.workflow.getHandle(process.argv[2] ?? 'holdfast:demo:change');
const { events } = await h.fetchHistory();
const t = (e) => Number(e.eventTime.seconds) + e.eventTime.nanos / 1e9;
const t0 = t(events[0]); const sch = new Map(); const st = new Map();
for (const e of events) {
  const a = e.activityTaskScheduledEventAttributes; if (a) sch.set(String(e.eventId), { n: a.activityType.name, t: t(e) });
  const s = e.activityTaskStartedEventAttributes; if (s) st.set(String(s.scheduledEventId), { t: t(e), a: s.attempt });
  const c = e.activityTaskCompletedEventAttributes ?? e.activityTaskFailedEventAttributes ?? e.activityTaskTimedOutEventAttributes;
  if (c) { const x = sch.get(String(c.scheduledEventId)); const y = st.get(String(c.scheduledEventId)); if (x) console.log((x.t - t0).toFixed(1).padStart(7), (t(e) - t0).toFixed(1).padStart(7), (t(e) - x.t).toFixed(1).padStart(6), y?.a, x.n); }
}
await connection.close();
