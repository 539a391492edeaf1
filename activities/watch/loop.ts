/**
 * What both loops on the hosts have in common. They speak Python because it is on every host before any package is,
 * and know its version 3.6. Each prints one JSON object a look, and leaves as soon as nobody listens.
 * Looks begin at whole seconds of the host's clock, so that all vantage points tell of one event within one moment.
 */
export const loopCommon = String.raw`
import json, os, re, select, socket, ssl, sys, threading, time
from concurrent.futures import ThreadPoolExecutor

# Seconds for one question in all: connecting, TLS and the answer.
LIMIT = 0.8

def leave_when_nobody_listens():
    # A word comes every five seconds. Its absence tells of a loss that no packet told of.
    while select.select([0], [], [], 20)[0] and os.read(0, 4096):
        pass
    os._exit(0)

class HungUp(Exception):
    pass

class Peer:
    """A server that is asked over one connection, which is kept where the server lets it be."""
    def __init__(self, address, port, tls=None, source=None, keep=True):
        self.address, self.tls, self.source, self.keep = (address, port), tls, source, keep
        self.socket = None

    def ask(self, path, body=None, accept='application/json'):
        # HTTP/1.0: an answer has a length or ends with the connection.
        head = '%s %s HTTP/1.0\r\nHost: %s\r\nAccept: %s\r\n' % ('GET' if body is None else 'POST', path, self.address[0], accept)
        if self.keep:
            head += 'Connection: keep-alive\r\n'
        if body is not None:
            head += 'Content-Type: application/json\r\nContent-Length: %d\r\n' % len(body)
        request = (head + '\r\n' + (body or '')).encode()
        end = time.monotonic() + LIMIT
        try:
            if self.socket:
                try:
                    return self.talk(request, end)
                except (HungUp, ConnectionError, ssl.SSLError):
                    # Closed since the last question, or its server died: a new connection tells.
                    self.close()
            self.open(end)
            return self.talk(request, end)
        except BaseException:
            self.close()
            raise

    def open(self, end):
        s = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self.socket = s
        s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if self.source:
            s.bind((self.source, 0))
        s.settimeout(left(end))
        s.connect(self.address)
        if self.tls:
            s.settimeout(left(end))
            self.socket = self.tls().wrap_socket(s, server_hostname=self.address[0])

    def talk(self, request, end):
        self.socket.settimeout(left(end))
        self.socket.sendall(request)
        data = b''
        while b'\r\n\r\n' not in data:
            data += self.read(end) or hung_up()
        head, _, body = data.partition(b'\r\n\r\n')
        status = int(head.split(None, 2)[1])
        length = re.search(rb'(?im)^content-length: *(\d+)', head)
        pieces, size = [body], len(body)
        while length is None or size < int(length.group(1)):
            piece = self.read(end)
            if not piece:
                if length is None:
                    break
                hung_up()
            pieces.append(piece)
            size += len(piece)
        if not self.keep or length is None or not re.search(rb'(?im)^connection: *keep-alive', head):
            self.close()
        return status, b''.join(pieces)

    def read(self, end):
        self.socket.settimeout(left(end))
        return self.socket.recv(65536)

    def close(self):
        if self.socket:
            self.socket.close()
        self.socket = None

def verifying(**ca):
    # Not create_default_context: from Python 3.13 on that is stricter with a CA than Kubernetes is.
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(**ca)
    return context

def left(end):
    seconds = end - time.monotonic()
    if seconds <= 0:
        raise socket.timeout('timed out')
    return seconds

def hung_up():
    raise HungUp()

def run(look):
    """look(n) gives what is printed. It has its own limits; this thread alone prints."""
    threading.Thread(target=leave_when_nobody_listens, daemon=True).start()
    n = 0
    while True:
        began = time.time()
        sys.stdout.write(json.dumps(look(n), separators=(',', ':')) + '\n')
        sys.stdout.flush()
        n += 1
        # At least half a second after the first look; never long, though the clock be set back.
        time.sleep(min(1.5, max(0, int(began + 0.5) + 1 - time.time())))

want = json.loads(sys.stdin.readline())
`;
