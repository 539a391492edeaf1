import { loopCommon } from './loop.ts';

/**
 * One vantage point's look at all others. What costs its host something (a greeting of sshd, the list of nodes) is
 * asked every fifth look, and in every look while its last answer was new or bad, or while the API beside it fell silent.
 * stdin's first line: VantageQuestion (questions.ts). Prints what it asked in this look; in the first, all.
 */
export const vantageLoop = String.raw`${loopCommon}
import base64, errno, tempfile

NO_WAY = (errno.EHOSTUNREACH, errno.ENETUNREACH, errno.EHOSTDOWN, errno.ENETDOWN, errno.ETIMEDOUT, errno.EPERM, errno.EACCES)

anyone = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
anyone.check_hostname = False
anyone.verify_mode = ssl.CERT_NONE

class Probe:
    def __init__(self, path, ask, every=1, beside=None):
        self.path, self.question, self.every, self.beside = path, ask, every, beside
        self.last, self.again, self.silent = None, True, 0

    def due(self, look):
        return self.again or look % self.every == 0 or (self.beside is not None and 1 <= self.beside.silent <= 3)

    def ask(self):
        answer = self.question()
        self.again = answer != self.last or not answer
        self.silent = self.silent + 1 if answer == 'silent' else 0
        self.last = answer
        return answer

def no_way(error):
    # What is wrong with this very host (no descriptors, no memory) says nothing of the other: then this loop ends.
    if not isinstance(error, socket.timeout) and error.errno not in NO_WAY:
        raise error

def readyz(peer):
    def ask():
        try:
            return 'ready' if peer.ask('/readyz')[0] == 200 else 'unready'
        except (ValueError, IndexError):
            return 'unready'
        except (HungUp, ConnectionError, ssl.SSLEOFError, ssl.SSLZeroReturnError):
            return 'refused'
        except ssl.SSLError:
            return 'unready'
        except OSError as error:
            no_way(error)
            return 'silent'
    return ask

def greeting(address, port):
    def ask():
        end, heard = time.monotonic() + LIMIT, b''
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as s:
            try:
                s.settimeout(left(end))
                s.connect((address, port))
                # Without it sshd takes this for an attack and says so in its log.
                s.sendall(b'SSH-2.0-holdfast\r\n')
                while b'SSH-' not in heard and len(heard) < 4096:
                    s.settimeout(left(end))
                    heard += s.recv(256) or hung_up()
            except (HungUp, ConnectionError):
                pass
            except OSError as error:
                no_way(error)
        return b'SSH-' in heard
    return ask

def listens(address, port):
    def ask():
        try:
            socket.create_connection((address, port), LIMIT).close()
            return True
        except (ConnectionError, socket.gaierror):
            return False
        except OSError as error:
            no_way(error)
            return False
    return ask

def nodes(kubeconfig):
    def ask():
        try:
            text = open(kubeconfig).read()
            server, port = re.search(r'server: https://([^:/\s]+):(\d+)', text).groups()
            data = lambda key: base64.b64decode(re.search(key + r': (\S+)', text).group(1)).decode()
            tls = verifying(cadata=data('certificate-authority-data'))
            # The library takes a key from a file alone: one beside the kubeconfig, root's, gone at once.
            with tempfile.NamedTemporaryFile(dir=os.path.dirname(kubeconfig)) as pair:
                pair.write((data('client-certificate-data') + '\n' + data('client-key-data')).encode())
                pair.flush()
                tls.load_cert_chain(pair.name)
            # From the API server's cache, and as a table: 500 nodes as objects are megabytes.
            status, body = Peer(server, int(port), lambda: tls, keep=False).ask(
                '/api/v1/nodes?resourceVersion=0&includeObject=None', accept='application/json;as=Table;g=meta.k8s.io;v=v1')
            if status != 200:
                return None
            table = json.loads(body.decode())
            at = [column['name'] for column in table['columnDefinitions']]
            name, state, roles = at.index('Name'), at.index('Status'), at.index('Roles')
            return {row['cells'][name]: {'ready': row['cells'][state].split(',')[0] == 'Ready',
                                         'controlPlane': 'control-plane' in row['cells'][roles].split(',')}
                    for row in table['rows']}
        except (OSError, ValueError, LookupError, AttributeError, HungUp):
            return None
    return ask

def haproxy():
    try:
        return Peer('127.0.0.1', want['healthPort'], keep=False).ask('/')[0] == 200
    except (OSError, ValueError, IndexError, HungUp):
        return False

def of_unit(pid, unit):
    """Runs, is not stopped, and belongs to the unit."""
    try:
        name, _, rest = open('/proc/%s/stat' % pid).read().partition('(')[2].rpartition(')')
        return name == unit and rest.split()[0] not in 'TtZX' and '/%s.service' % unit in open('/proc/%s/cgroup' % pid).read()
    except OSError:
        return False

class Unit:
    def __init__(self, unit):
        self.unit, self.pids = unit, []

    def runs(self):
        # All are looked for only when one of those known is gone. Parent and child: one that lost its child works not.
        if len(self.pids) < 2 or not all(of_unit(pid, self.unit) for pid in self.pids):
            self.pids = [pid for pid in os.listdir('/proc') if pid.isdigit() and of_unit(pid, self.unit)]
        return len(self.pids) >= 2

keepalived = Unit('keepalived')

def holds(addresses):
    own = re.findall(r'\|-- (\S+)\n\s+/32 host LOCAL', open('/proc/net/fib_trie').read())
    return [name for name, address in sorted(addresses.items()) if address in own]

api = {name: Probe(('view', 'api', name), readyz(Peer(address, want['apiPort'], lambda: anyone))) for name, address in want['api'].items()}
probes = list(api.values())
probes += [Probe(('view', 'ssh', name), greeting(address, port), 5, api.get(name)) for name, (address, port) in want['ssh'].items()]
# New connections, as clients make them: a kept one would stay with one server behind.
probes += [Probe(('view', 'addresses', name), readyz(Peer(address, port, lambda: anyone, want['source'], False))) for name, (address, port) in want['asks'].items()]
if want['kubeconfig']:
    probes.append(Probe(('nodes',), nodes(want['kubeconfig']), 5))
if want['nfs']:
    probes.append(Probe(('nfs',), listens(want['nfs'], 2049), 5))
if want['balancer'] is not None:
    probes.append(Probe(('balancer', 'haproxy'), haproxy))
    probes.append(Probe(('balancer', 'keepalived'), keepalived.runs))
    probes.append(Probe(('balancer', 'holds'), lambda: holds(want['balancer'])))

pool = ThreadPoolExecutor(max(1, len(probes)))

def look(n):
    due = [probe for probe in probes if probe.due(n)]
    seen = {'view': {'ssh': {}, 'api': {}, 'addresses': {}}}
    for probe, answer in zip(due, pool.map(Probe.ask, due)):
        at = seen
        for step in probe.path[:-1]:
            at = at.setdefault(step, {})
        at[probe.path[-1]] = answer
    return seen

run(look)
`;
