import { execFileSync, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { listening } from '../../hosts/sshd.ts';

export type ServerKind = 'api' | 'etcd' | 'health';

/** What fake_server.py says. */
export interface ServerState {
  /** Status of /readyz. */
  readyz?: number;
  /** How many questions for /readyz fail, since it was started, before it answers so. */
  failures?: number;
  nodes?: readonly (readonly [name: string, status: string, roles: string])[];
  /** Status of haproxy's health port. */
  health?: number;
  /** Null: the read fails. */
  leases?: readonly string[] | null;
  /** As etcd's status tells them: `memberID:1 alarm:NOSPACE `. */
  errors?: readonly string[];
  dbSize?: number;
  /** Id of the leader; '' where there is none. */
  leader?: string;
  members?: readonly { readonly ID: string; readonly name: string; readonly clientURLs: readonly string[] }[];
}

/** A server in a process of its own, which can be stopped, frozen, and told to answer otherwise. */
export class FakeServer {
  readonly address: string;
  readonly port: number;
  private readonly kind: ServerKind;
  private readonly dir: string;
  private state: ServerState;
  private child: ChildProcess | undefined;

  constructor(pki: Pki, kind: ServerKind, address: string, port: number, state: ServerState) {
    this.address = address;
    this.port = port;
    this.kind = kind;
    this.dir = pki.folder(`${kind}-${address}-${port}`);
    this.state = state;
    this.set({});
  }

  set(more: ServerState): void {
    this.state = { ...this.state, ...more };
    writeFileSync(join(this.dir, 'state.json'), JSON.stringify(this.state));
  }

  /** Unless it runs. */
  async start(): Promise<this> {
    if (this.runs) return this;
    const argv = [program, this.address, String(this.port), this.dir, this.kind];
    this.child = spawn('python3', argv, { stdio: ['ignore', 'ignore', 'inherit'], env: systemFirst });
    await listening(this.address, this.port);
    return this;
  }

  freeze = () => this.child?.kill('SIGSTOP');
  thaw = () => this.child?.kill('SIGCONT');

  async stop(): Promise<void> {
    const { child } = this;
    if (!child || !this.runs) return;
    const exited = new Promise((done) => child.once('exit', done));
    child.kill('SIGKILL');
    await exited;
  }

  private get runs(): boolean {
    return this.child !== undefined && this.child.exitCode === null && this.child.signalCode === null;
  }

  /** What it was asked and did not know. */
  get unknown(): string {
    const log = join(this.dir, 'unknown');
    return existsSync(log) ? readFileSync(log, 'utf8') : '';
  }
}

/** A CA, and what it issued. */
export class Pki {
  readonly dir = mkdtempSync(join(tmpdir(), 'holdfast-watch-'));

  constructor() {
    this.openssl(
      'req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=ca -keyout ca-key.pem -out ca.pem',
    );
    this.issue('server', '127.0.0.1');
    this.issue('client');
  }

  /** NAME.pem holds certificate and key; NAME-cert.pem and NAME-key.pem each. */
  issue(name: string, address?: string): void {
    this.openssl(
      `req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=${name} -keyout ${name}-key.pem -out ${name}.csr`,
    );
    writeFileSync(
      join(this.dir, `${name}.ext`),
      address ? `subjectAltName=IP:${address}\n` : 'extendedKeyUsage=clientAuth\n',
    );
    this.openssl(
      `x509 -req -days 2 -in ${name}.csr -CA ca.pem -CAkey ca-key.pem -CAcreateserial -extfile ${name}.ext -out ${name}-cert.pem`,
    );
    writeFileSync(
      this.path(`${name}.pem`),
      `${this.read(`${name}-cert.pem`)}${this.read(`${name}-key.pem`)}`,
    );
  }

  path(name: string): string {
    return join(this.dir, name);
  }

  read(name: string): string {
    return readFileSync(this.path(name), 'utf8');
  }

  /** A server's own folder, with what it shows and the CA. */
  folder(name: string): string {
    const dir = this.path(name);
    mkdirSync(dir, { recursive: true });
    for (const file of ['server.pem', 'ca.pem']) writeFileSync(join(dir, file), this.read(file));
    return dir;
  }

  kubeconfig(server: string): string {
    const data = (name: string) => Buffer.from(this.read(name)).toString('base64');
    return `# Written by holdfast
apiVersion: v1
kind: Config
clusters:
  - name: demo
    cluster:
      certificate-authority-data: ${data('ca.pem')}
      server: ${server}
users:
  - name: admin
    user:
      client-certificate-data: ${data('client-cert.pem')}
      client-key-data: ${data('client-key.pem')}
`;
  }

  etcdEnvironment(port: number): string {
    return `# etcd
ETCD_NAME=etcd-1
ETCD_LISTEN_CLIENT_URLS=https://192.0.2.1:${port},https://127.0.0.1:${port}
ETCDCTL_ENDPOINTS=https://127.0.0.1:${port}
ETCDCTL_CACERT=${this.path('ca.pem')}
ETCDCTL_CERT=${this.path('client-cert.pem')}
ETCDCTL_KEY=${this.path('client-key.pem')}
`;
  }

  remove(): void {
    rmSync(this.dir, { recursive: true, force: true });
  }

  private openssl(words: string): void {
    execFileSync('openssl', words.split(' '), { cwd: this.dir, stdio: ['ignore', 'ignore', 'pipe'] });
  }
}

/** The system's own python3, as on a host, before one that a developer has put in front. */
export const systemFirst = { ...process.env, PATH: `/usr/bin:/bin:${process.env['PATH'] ?? ''}` };

const program = fileURLToPath(new URL('fake_server.py', import.meta.url));
