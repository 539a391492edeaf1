"""A server as the watch meets it, and no more: what it does not know it answers with 400 and writes to LOG.

    fake_server.py ADDRESS PORT DIR KIND     KIND: api | etcd | health

DIR/state.json is read at each question, so that a test changes what it says. Over TLS with DIR/server.pem; client
certificates of DIR/ca.pem are asked for, and demanded by etcd and for nodes.
"""
import base64, json, ssl, sys, threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

address, port, folder, kind = sys.argv[1], int(sys.argv[2]), sys.argv[3], sys.argv[4]


def state():
    with open(folder + "/state.json") as file:
        return json.load(file)


def readyz(known):
    """Fails as often as a test wants it to, then is as it was."""
    global failures
    with lock:
        if failures >= known.get("failures", 0):
            return known["readyz"]
        failures += 1
        return 500


failures, lock = 0, threading.Lock()


def lease(ip):
    return {"key": base64.b64encode(("/registry/masterleases/" + ip).encode()).decode(), "version": "1"}


TABLE = "application/json;as=Table;g=meta.k8s.io;v=v1"
NODES = "/api/v1/nodes?resourceVersion=0&includeObject=None"
# Keys of one prefix: from itself to the next one.
LEASES = {
    "key": base64.b64encode(b"/registry/masterleases/").decode(),
    "range_end": base64.b64encode(b"/registry/masterleases0").decode(),
    "keys_only": True,
}


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        known = state()
        if kind == "api" and self.path == "/readyz":
            return self.answer(readyz(known), b"ok")
        if kind == "health" and self.path == "/":
            return self.answer(known["health"], b"ok\n")
        if kind == "api" and self.path == NODES and self.headers["Accept"] == TABLE:
            if not self.connection.getpeercert():
                return self.answer(401, b"who are you?")
            columns = [{"name": name, "type": "string"} for name in ("Name", "Status", "Roles", "Age", "Version")]
            rows = [{"cells": [name, status, roles, "5d", "v1.34.4"]} for name, status, roles in known["nodes"]]
            return self.answer(200, json.dumps({"kind": "Table", "columnDefinitions": columns, "rows": rows}).encode())
        self.unknown()

    def do_POST(self):
        known = state()
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if kind != "etcd":
            return self.unknown()
        if (self.path, asked) == ("/v3/kv/range", LEASES):
            if known["leases"] is None:
                return self.answer(503, b'{"error":"etcdserver: request timed out","code":14}')
            found = {"kvs": [lease(ip) for ip in known["leases"]], "count": str(len(known["leases"]))}
            return self.answer(200, json.dumps(found if known["leases"] else {"header": {}}).encode())
        if (self.path, asked) == ("/v3/maintenance/status", {}):
            leader = {"leader": known["leader"]} if known["leader"] else {}
            space = {"dbSize": str(known.get("dbSize", 1000)), "dbSizeQuota": "2147483648"}
            errors = {"errors": known["errors"]} if known.get("errors") else {}
            told = {"header": {"member_id": "1"}, "version": "3.6.10", **space, **leader, **errors}
            return self.answer(200, json.dumps(told).encode())
        if (self.path, asked) == ("/v3/cluster/member/list", {}):
            return self.answer(200, json.dumps({"members": known["members"]}).encode())
        self.unknown()

    def answer(self, status, body):
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        if self.request_version == "HTTP/1.0" and self.headers["Connection"] == "keep-alive":
            self.send_header("Connection", "keep-alive")
        self.end_headers()
        self.wfile.write(body)

    def unknown(self):
        with open(folder + "/unknown", "a") as file:
            file.write("%s %s %s\n" % (self.command, self.path, dict(self.headers)))
        self.answer(400, b"unknown")

    def log_message(self, *_):
        pass


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request, client_address):
        pass


server = Server((address, port), Handler)
if kind != "health":
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder + "/server.pem")
    context.load_verify_locations(folder + "/ca.pem")
    context.verify_mode = ssl.CERT_REQUIRED if kind == "etcd" else ssl.CERT_OPTIONAL
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
server.serve_forever()
