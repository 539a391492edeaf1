import { loopCommon } from './loop.ts';

/**
 * An etcd member about itself. Two questions on two connections side by side: a read that needs the quorum, and what
 * the member knows by itself, so that the one which hangs hides nothing of the other.
 * stdin's first line: EtcdQuestion (questions.ts). Prints an EtcdView a look.
 */
export const etcdLoop = String.raw`${loopCommon}
import base64, re
from urllib.parse import urlsplit

def environment():
    lines = [line.strip().partition('=') for line in open('/etc/etcd.env')]
    return {name: value.strip('\'"') for name, equals, value in lines if equals and not name.startswith('#')}

env = environment()
# Its own, whatever ETCDCTL_ENDPOINTS says.
urls = [urlsplit(url) for url in env['ETCD_LISTEN_CLIENT_URLS'].split(',')]
own = next((url for url in urls if url.hostname.startswith('127.')), urls[0])

def member():
    """Certificates anew with each connection: they are renewed now and then."""
    def tls():
        names = environment()
        context = verifying(cafile=names['ETCDCTL_CACERT'])
        # The certificate must be this cluster's; which of this host's addresses it names does not matter.
        context.check_hostname = False
        context.load_cert_chain(names['ETCDCTL_CERT'], names['ETCDCTL_KEY'])
        return context
    address = '127.0.0.1' if own.hostname == '0.0.0.0' else own.hostname
    return Peer(address, own.port or 2379, tls if own.scheme == 'https' else None)

def asker():
    peer = member()
    def ask(path, question):
        status, body = peer.ask(path, json.dumps(question))
        if status != 200:
            raise ValueError('status %d' % status)
        return json.loads(body.decode())
    return ask

PREFIX = '/registry/masterleases/'
encode = lambda text: base64.b64encode(text.encode()).decode()
question = {'key': encode(PREFIX), 'range_end': encode(PREFIX[:-1] + '0'), 'keys_only': True}
FAILED = (OSError, ValueError, LookupError, AttributeError, HungUp)

read = asker()
def leases():
    try:
        keys = read('/v3/kv/range', question).get('kvs', [])
        return sorted(base64.b64decode(pair['key']).decode()[len(PREFIX):] for pair in keys)
    except FAILED:
        return None

known = {}
tell = asker()
def leader(its):
    if its == '0':
        return ''
    if its not in known:
        known.clear()
        for one in tell('/v3/cluster/member/list', {})['members']:
            own = one.get('name', '')
            hosts = [want['names'].get(call) for call in [urlsplit(url).hostname for url in one.get('clientURLs', [])] + [own]]
            known[one['ID']] = next((host for host in hosts if host), own)
    return known[its]

def itself():
    try:
        status = tell('/v3/maintenance/status', {})
        # "memberID:7383792418829112008 alarm:NOSPACE "
        raised = {found for error in status.get('errors', []) for found in re.findall(r'alarm:([A-Z]+)', error)}
        # Since 3.6; of an older one only the alarm tells.
        quota = int(status.get('dbSizeQuota', 0))
        fills = quota > 0 and int(status.get('dbSize', 0)) > 0.8 * quota
        return {'leader': leader(status.get('leader', '0')), 'alarms': sorted(raised), 'fills': fills}
    except FAILED:
        return {'leader': '', 'alarms': [], 'fills': False}

pool = ThreadPoolExecutor(2)

def look(n):
    held, its = pool.submit(leases), pool.submit(itself)
    return {'healthy': held.result() is not None, 'leases': held.result(), **its.result()}

run(look)
`;
