import { endLeftovers, leaveBehind } from '../reachability/leftovers.ts';

/**
 * Stands in for an API server that is not there yet: HTTPS on every address, as the real one, with a certificate made for
 * the occasion, and 200 for whatever is asked. Leaves a process behind that ends by itself after `seconds`.
 * stdin: {port, seconds} → {pid, fingerprint: SHA-256 of the certificate} or {busy: true}
 */
export const standInProgram = String.raw`
import errno, hashlib, json, os, shutil, signal, socket, ssl, subprocess, sys, tempfile, threading
want = json.load(sys.stdin)
${endLeftovers}
s = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
try:
    s.bind(('0.0.0.0', want['port']))
    s.listen(128)
except OSError as e:
    if e.errno != errno.EADDRINUSE:
        raise
    print(json.dumps({'busy': True}))
    sys.exit(0)
folder = tempfile.mkdtemp()
try:
    key, pem = folder + '/key', folder + '/pem'
    subprocess.run(['openssl', 'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes',
                    '-keyout', key, '-out', pem, '-days', '1', '-subj', '/CN=holdfast'],
                   check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem, key)
    with open(pem) as file:
        fingerprint = hashlib.sha256(ssl.PEM_cert_to_DER_cert(file.read())).hexdigest()
finally:
    shutil.rmtree(folder)

def serve(c):
    try:
        c.settimeout(5)
        t = context.wrap_socket(c, server_side=True)
        asked = b''
        while b'\r\n\r\n' not in asked and len(asked) < 65536:
            more = t.recv(4096)
            if not more:
                break
            asked += more
        t.sendall(b'HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok')
        t.close()
    except OSError:
        pass
    finally:
        c.close()
${leaveBehind}    while True:
        try:
            threading.Thread(target=serve, args=(s.accept()[0],), daemon=True).start()
        except (OSError, RuntimeError):
            pass
print(json.dumps({'pid': pid, 'fingerprint': fingerprint}))
`;
