import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';

/** Answers as an API server does to a load balancer: /readyz with and without etcd, its name, and a watch. */
export class FakeApiServer {
  readonly name: string;
  /** Status of plain GET /readyz. */
  ready = 200;
  /** Status of GET /readyz with both etcd checks left out. */
  readyWithoutEtcd = 200;
  /** Nothing is answered any more, as by a frozen host. */
  frozen = false;
  /** Milliseconds until /readyz is answered, as on a host without processor time. */
  slow = 0;
  private readonly server: Server;

  constructor(name: string, tls: { key: string; cert: string }) {
    this.name = name;
    this.server = createServer(tls, (request, response) => {
      if (this.frozen) return;
      const url = new URL(request.url ?? '', 'https://localhost');
      const excluded = url.searchParams.getAll('exclude').toSorted().join();
      if (url.pathname === '/watch') response.write(name);
      else if (url.pathname === '/name') response.end(name);
      else if (url.pathname !== '/readyz' || !['', 'etcd,etcd-readiness'].includes(excluded))
        response.writeHead(404).end();
      else
        setTimeout(() => {
          response.writeHead(excluded === '' ? this.ready : this.readyWithoutEtcd).end();
        }, this.slow);
    });
  }

  async listen(): Promise<number> {
    await new Promise<void>((done) => this.server.listen(0, '127.0.0.1', done));
    return (this.server.address() as AddressInfo).port;
  }

  async close(): Promise<void> {
    const closed = new Promise((done) => this.server.close(done));
    this.server.closeAllConnections();
    await closed;
  }
}
