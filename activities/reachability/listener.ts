import { endLeftovers, leaveBehind } from './leftovers.ts';

/**
 * Opens what is to be dialled and leaves a process behind that holds it, for `seconds` at most: it ends by itself when
 * nobody closes it. Prints which ports something else holds already. TCP is accepted and closed; a datagram or a VRRP
 * packet that carries the token is sent back. Python alone: it is there before any package is.
 * stdin: {token, address, everywhere: ports of those who bind every address, seconds, ports: [[protocol, port]…]} → {pid, busy: [[protocol, port]…], failed: [[protocol, port, why]…]}
 */
export const listenerProgram = String.raw`
import errno, json, os, select, signal, socket, sys
want = json.load(sys.stdin)
token = want['token'].encode()
held, busy, failed = {}, [], []
${endLeftovers}
def bind(s, port):
    if port in want['everywhere']:
        try:
            return s.bind(('0.0.0.0', port))
        except OSError as e:
            # Whoever binds another address alone, such as HAProxy a virtual one, leaves the host's own free.
            if e.errno != errno.EADDRINUSE:
                raise
    s.bind((want['address'], port))

for protocol, port in want['ports']:
    try:
        if protocol == 'vrrp':
            s = socket.socket(socket.AF_INET, socket.SOCK_RAW, 112)
            # What it answers with comes from there, as keepalived's packets do.
            s.bind((want['address'], 0))
        else:
            s = socket.socket(socket.AF_INET, socket.SOCK_STREAM if protocol == 'tcp' else socket.SOCK_DGRAM)
            if protocol == 'tcp':
                s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            bind(s, port)
            if protocol == 'tcp':
                s.listen(128)
        held[s] = protocol
    except OSError as e:
        if e.errno == errno.EADDRINUSE:
            busy.append([protocol, port])
        else:
            failed.append([protocol, port, os.strerror(e.errno)])
if not held:
    print(json.dumps({'pid': 0, 'busy': busy, 'failed': failed}))
    sys.exit(0)
${leaveBehind}    while True:
        for s in select.select(list(held), [], [])[0]:
            try:
                if held[s] == 'tcp':
                    s.accept()[0].close()
                else:
                    data, peer = s.recvfrom(2048)
                    ask = b'ask ' + token
                    if ask in data:
                        s.sendto(b'answer ' + token, peer)
            except OSError:
                pass
print(json.dumps({'pid': pid, 'busy': busy, 'failed': failed}))
`;
