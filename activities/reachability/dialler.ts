/**
 * Dials all at once, each for `timeout` seconds at most, and says how each ended: `open`, `refused`, `silent`, or the
 * system's own words. stdin: {token, timeout, own: address of this host, dials: [[protocol, address, port]…]} → [outcome…], in order.
 */
export const diallerProgram = String.raw`
import errno, json, os, socket, sys
from concurrent.futures import ThreadPoolExecutor
want = json.load(sys.stdin)
token = want['token'].encode()

def tcp(address, port):
    s = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    s.settimeout(want['timeout'])
    try:
        s.connect((address, port))
    finally:
        s.close()

def echo(s, address, port):
    s.settimeout(want['timeout'] / 3)
    # Connected: an ICMP refusal becomes an error here, and nobody else's packets are heard.
    s.connect((address, port))
    try:
        for _ in range(3):
            s.send(b'ask ' + token)
            try:
                while b'answer ' + token not in s.recv(2048):
                    pass
                return
            except socket.timeout:
                pass
        raise socket.timeout()
    finally:
        s.close()

def udp(address, port):
    echo(socket.socket(socket.AF_INET, socket.SOCK_DGRAM), address, port)

def vrrp(address, port):
    s = socket.socket(socket.AF_INET, socket.SOCK_RAW, 112)
    s.setsockopt(socket.IPPROTO_IP, socket.IP_TTL, 255)
    s.bind((want['own'], 0))
    echo(s, address, 0)

def dial(one):
    protocol, address, port = one
    try:
        {'tcp': tcp, 'udp': udp, 'vrrp': vrrp}[protocol](address, port)
        return 'open'
    except socket.timeout:
        return 'silent'
    except OSError as e:
        if e.errno == errno.ECONNREFUSED:
            return 'refused'
        return os.strerror(e.errno) if e.errno else str(e)

with ThreadPoolExecutor(max(1, min(64, len(want['dials'])))) as pool:
    print(json.dumps(list(pool.map(dial, want['dials']))))
`;
