"""
Asks the API as a client would, by a new TLS connection each time, and says of every try how it went.

Usage: prober.py CONFIG. The file is read and removed (it holds a token). It ends when a file `stop` lies beside it.
A JSON object:
  client   name of the host that this runs on
  ca       PEM: who may have signed the API server's certificate
  token    bearer token
  streams  [{address, host, port, kind: read | write, path}]: read is GET of a small object, write a PATCH of it
  every, limit   seconds between two tries of a stream; seconds that a try may take in all
  seconds  it ends by itself after these

Standard output, one JSON object a line: first {client, streams, every, limit}; then, as they end,
  {s, at, ms, late[, error]}   a try of stream s: when it began (ms since 1970), how long it took, how late it began
  {stall, at}                  this process itself got no processor for `stall` ms: nothing was tried meanwhile
and last {end}. All times come from the monotonic clock; the wall clock is read once.
"""
import json, os, queue, socket, ssl, sys, threading, time

# A tick that is later than this is no tick any more: the machine stood still, and that is said.
STALL = 0.1

with open(sys.argv[1]) as file:
    want = json.load(file)
os.unlink(sys.argv[1])

now = time.monotonic
anchor = time.time() - now()
lines = queue.Queue()
tls = ssl.create_default_context(cadata=want['ca'])


def say(line):
    lines.put(json.dumps(line, separators=(',', ':')) + '\n')


def wall(at):
    return round((anchor + at) * 1000, 1)


def write_lines():
    # Apart from the tries: a slow disk must not look like a slow API.
    while True:
        line = lines.get()
        if line is None:
            return
        sys.stdout.write(line)
        if lines.empty():
            sys.stdout.flush()


def request(stream, count):
    body, headers = '', ''
    if stream['kind'] == 'write':
        body = json.dumps({'data': {'count': str(count)}})
        headers = 'Content-Type: application/merge-patch+json\r\nContent-Length: %d\r\n' % len(body)
    return ('%s %s HTTP/1.1\r\nHost: %s\r\nAuthorization: Bearer %s\r\nUser-Agent: holdfast-prober\r\nConnection: close\r\n%s\r\n%s' % (
        'PATCH' if body else 'GET', stream['path'], stream['host'], want['token'], headers, body)).encode()


def ask(stream, count, end):
    """Returns what went wrong, or None."""
    stage = 'connect'
    try:
        with socket.create_connection((stream['host'], stream['port']), max(0.001, end - now())) as plain:
            stage = 'tls'
            plain.settimeout(max(0.001, end - now()))
            with tls.wrap_socket(plain, server_hostname=stream['host']) as s:
                stage = 'answer'
                s.sendall(request(stream, count))
                answer = b''
                while True:
                    s.settimeout(max(0.001, end - now()))
                    part = s.recv(16384)
                    if not part:
                        break
                    answer += part
        if not answer:
            return 'answer closed'
        status = answer.split(b'\r\n', 1)[0].split(b' ')[1].decode()
        if now() > end:
            return 'answer timeout'
        return None if status == '200' else 'HTTP ' + status
    except socket.timeout:
        return stage + ' timeout'
    except ConnectionRefusedError:
        return stage + ' refused'
    except ConnectionResetError:
        return stage + ' reset'
    except ssl.SSLCertVerificationError as error:
        return 'tls certificate: ' + error.verify_message
    except Exception as error:
        return '%s %s' % (stage, getattr(error, 'strerror', None) or type(error).__name__)


def attempt(number, count, began, late):
    error = ask(want['streams'][number], count, began + want['limit'])
    line = {'s': number, 'at': wall(began), 'ms': round((now() - began) * 1000, 1), 'late': round(late * 1000, 1)}
    if error:
        line['error'] = error
    say(line)


def told_to_end():
    return os.path.exists(os.path.join(os.path.dirname(sys.argv[1]), 'stop'))


def main():
    streams = want['streams']
    say({'client': want['client'], 'every': want['every'], 'limit': want['limit'],
         'streams': [{'address': s['address'], 'kind': s['kind']} for s in streams]})
    # Streams take turns, so that tries are spread evenly. The schedule is fixed: no answer moves it.
    slot = want['every'] / len(streams)
    first = now()
    turn = 0
    while True:
        due = first + turn * slot
        if due - first > want['seconds'] or (turn % 10 == 0 and told_to_end()):
            break
        time.sleep(max(0, due - now()))
        began = now()
        late = began - due
        if late > STALL:
            say({'stall': round(late * 1000, 1), 'at': wall(due)})
            turn += max(1, int(late / slot))
            continue
        threading.Thread(target=attempt, args=(turn % len(streams), turn, began, late), daemon=True).start()
        turn += 1
    time.sleep(want['limit'] + 0.2)
    say({'end': wall(now())})
    lines.put(None)


writer = threading.Thread(target=write_lines)
writer.start()
main()
writer.join()
