/**
 * Calls an address over TLS until who is meant answers, for `seconds` at most: whoever has the certificate with this
 * fingerprint, or, where none is given, an API server that says that it is ready. Health checks take their time.
 * stdin: {address, port, seconds, fingerprint?} → "here", or what the last call came to
 */
export const callerProgram = String.raw`
import hashlib, json, os, socket, ssl, sys, time
want = json.load(sys.stdin)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
context.check_hostname = False
context.verify_mode = ssl.CERT_NONE

def call():
    s = socket.create_connection((want['address'], want['port']), 3)
    try:
        t = context.wrap_socket(s)
        if want.get('fingerprint'):
            own = hashlib.sha256(t.getpeercert(True)).hexdigest() == want['fingerprint']
            return 'here' if own else 'another certificate'
        t.sendall(b'GET /readyz HTTP/1.1\r\nHost: kubernetes\r\nConnection: close\r\n\r\n')
        status = t.makefile('rb').readline().decode('latin-1').split()[1:2]
        return 'here' if status == ['200'] else 'HTTP ' + (status or ['without status'])[0]
    finally:
        s.close()

end = time.time() + want['seconds']
while True:
    try:
        said = call()
    except socket.timeout:
        said = 'no answer'
    except (ConnectionResetError, BrokenPipeError, ssl.SSLEOFError, ssl.SSLZeroReturnError):
        said = 'hung up'
    except ssl.SSLError as e:
        # Without a reason the other side went away before it said anything.
        said = 'no TLS (%s)' % e.reason if e.reason else 'hung up'
    except OSError as e:
        said = os.strerror(e.errno).lower() if e.errno else str(e)
    if said == 'here' or time.time() >= end:
        break
    time.sleep(0.5)
print(json.dumps(said))
`;
