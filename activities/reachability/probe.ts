/**
 * Says of each virtual address whether this host holds it, and else who answers an ARP request for it (RFC 5227: the
 * sender's address is zero, so that no neighbour learns a wrong one).
 * stdin: {own, addresses: […]} → {subnet: "a.b.c.d/n" | null, held: […], answered: {address: mac}}
 */
export const probeProgram = String.raw`
import json, re, select, socket, struct, subprocess, sys, time
want = json.load(sys.stdin)
lines = subprocess.run(['ip', '-o', '-4', 'addr', 'show'], stdout=subprocess.PIPE, check=True).stdout.decode()
mine = re.findall(r'^\d+: (\S+)\s+inet (\S+)', lines, re.M)
own = [(device.split('@')[0], cidr) for device, cidr in mine if cidr.split('/')[0] == want['own']]
every = [cidr.split('/')[0] for _, cidr in mine]
held = [a for a in want['addresses'] if a in every]
answered = {}
left = [a for a in want['addresses'] if a not in held]
if own and left:
    s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x0806))
    s.bind((own[0][0], 0x0806))
    mac = s.getsockname()[4]
    end = time.time() + 1.2
    ask = 0
    while time.time() < end:
        if time.time() >= ask:
            ask = time.time() + 0.4
            for a in left:
                s.send(b'\xff' * 6 + mac + struct.pack('!HHHBBH', 0x0806, 1, 0x0800, 6, 4, 1)
                       + mac + b'\0' * 4 + b'\0' * 6 + socket.inet_aton(a))
        if select.select([s], [], [], 0.05)[0]:
            frame = s.recv(2048)
            sender = socket.inet_ntoa(frame[28:32])
            if frame[20:22] == b'\0\x02' and sender in left:
                answered[sender] = ':'.join('%02x' % b for b in frame[22:28])
print(json.dumps({'subnet': own[0][1] if own else None, 'held': held, 'answered': answered}))
`;
