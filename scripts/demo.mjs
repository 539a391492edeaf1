// npm run demo: a lab of twelve hosts, and a highly available cluster on them. `-- --failover` cuts all masters' power on
// the running demo; `-- --down` takes all of it away.
import { spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { ensureBuilt, holdfast, root, run, tryRun } from './lib.mjs';

const started = Date.now();
const seconds = () => Math.round((Date.now() - started) / 1000);

ensureBuilt();
if (process.argv.includes('--down')) {
  // One that waits for a person would wait for ever, and keep the next demo from starting. Mostly there is none.
  spawnSync(process.execPath, [holdfast, 'abort', 'demo', '--reason', 'the demo is taken down'], {
    stdio: ['ignore', 'inherit', 'ignore'],
  });
  const lab = tryRun(process.execPath, [holdfast, 'lab', 'down', 'demo']);
  const dev = tryRun(process.execPath, [holdfast, 'dev', '--stop']);
  process.exit(lab || dev);
}

if (process.argv.includes('--failover')) {
  run(process.execPath, [join(root, 'dist', 'demo', 'failover.js')]);
  run(process.execPath, [holdfast, 'kubectl', 'demo', '--', 'get', 'nodes', '-o', 'wide']);
  console.log(`See for yourself: npx holdfast status; npx holdfast watch; npx holdfast kubectl -- get nodes,pods -A
The worker node stays a control-plane node beside the masters, which serve again.`);
  process.exit(0);
}

run(process.execPath, [holdfast, 'lab', 'up']);
const spec = capture(['lab', 'status', 'demo', '--json']).spec;
console.log(`[${seconds()} s] the lab's hosts are up; the spec is ${spec}`);
console.log(
  "Kubernetes comes from the lab's stand-in playbook (lab/playbook), not from Kubespray's own repository.",
);
// The worker that `up` starts where none answers opens backups with it: a promotion needs that.
process.env.HOLDFAST_BACKUP_IDENTITY = join(dirname(spec), 'backup-identity.txt');
run(process.execPath, [holdfast, 'up', spec]);
run(process.execPath, [holdfast, 'kubectl', 'demo', '--', 'get', 'nodes', '-o', 'wide']);
run(process.execPath, [holdfast, 'status', 'demo']);
console.log(
  `[${seconds()} s] done. The cluster runs until: npm run demo -- --down\nAnd when all masters lose their power? npm run demo -- --failover`,
);

function capture(args) {
  const { status, stdout } = spawnSync(process.execPath, [holdfast, ...args], {
    cwd: root,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  if (status !== 0) process.exit(status ?? 1);
  return JSON.parse(stdout);
}
