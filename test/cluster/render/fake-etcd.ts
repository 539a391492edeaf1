import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { TLSSocket } from 'node:tls';

/** Answers as an etcd member does on its client port: to those alone who show a certificate of its CA. */
export class FakeEtcd {
  readonly name: string;
  /** Nothing is answered any more, as by a frozen process: the kernel still takes connections. */
  frozen = false;
  /** Common names of those who asked for /livez. */
  readonly askedBy = new Set<string>();
  private readonly server: Server;
  private port = 0;

  constructor(name: string, tls: { ca: string; key: string; cert: string }) {
    this.name = name;
    this.server = createServer({ ...tls, requestCert: true }, (request, response) => {
      if (this.frozen) return;
      if (request.url === '/watch') response.write(name);
      else if (request.url === '/name') response.end(name);
      else if (request.url !== '/livez') response.writeHead(404).end();
      else {
        const { subject } = (request.socket as TLSSocket).getPeerCertificate();
        this.askedBy.add(String(subject.CN));
        response.writeHead(200).end();
      }
    });
  }

  /** The same port each time. */
  async listen(): Promise<number> {
    await new Promise<void>((done) => this.server.listen(this.port, '127.0.0.1', done));
    return (this.port = (this.server.address() as AddressInfo).port);
  }

  async close(): Promise<void> {
    const closed = new Promise((done) => this.server.close(done));
    this.server.closeAllConnections();
    await closed;
  }
}
