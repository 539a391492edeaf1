import { answered } from './answered.ts';
import { until } from './holdfast.ts';
import { kubectl, namespace } from './promotion.ts';
import type { StoryLab } from './story-lab.ts';

/** A write succeeds: a new Deployment is taken. */
export async function untilServes(lab: StoryLab): Promise<void> {
  const run = kubectl(lab.name);
  const create = `image=$(cat /tmp/story-image 2> /dev/null) && ${run} -n ${namespace} create deployment new --image="$image" -o name 2>&1 || true`;
  await until(
    'the API takes a write',
    5,
    () => lab.on('bastion-1', create).catch(String),
    (answer) => /deployment.apps\/new|already exists/.test(answer),
  );
}

/** The new Deployment's pod runs. */
export async function deploymentRuns(lab: StoryLab): Promise<void> {
  const run = kubectl(lab.name);
  await until(
    'a new Deployment runs',
    5,
    () =>
      lab
        .on(
          'bastion-1',
          `${run} -n ${namespace} get deployment new -o jsonpath='{.status.readyReplicas}' || true`,
        )
        .catch(String),
    (answer) => /(^|\n)1$/.test(answer.trim()),
  );
}

/** A name resolves through the cluster's DNS, asked from a node. */
export async function dnsAnswers({ on, name }: StoryLab): Promise<void> {
  const address = await answered(
    on,
    'bastion-1',
    `${kubectl(name)} -n kube-system get service -o jsonpath='{.items[?(@.spec.ports[0].port==53)].spec.clusterIP}'`,
  );
  await until(
    'DNS answers',
    5,
    () => on('worker-3', `python3 - ${address} <<'EOF'\n${resolver}\nEOF\n`).catch(String),
    (answer) => answer.includes('resolved'),
  );
}

const resolver = `import socket, sys
name = b"".join(bytes([len(p)]) + p.encode() for p in "kubernetes.default.svc.cluster.local".split(".")) + b"\\0"
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.settimeout(1)
s.sendto(b"\\x12\\x34\\x01\\x00\\x00\\x01" + b"\\0" * 6 + name + b"\\0\\x01\\0\\x01", (sys.argv[1].split()[0], 53))
answer = s.recv(512)
print("resolved" if answer[3] & 15 == 0 and answer[7] > 0 else "no answer")`;
