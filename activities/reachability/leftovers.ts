/**
 * In a process of its own that nobody waits for: detached, and at its end after `seconds` whatever becomes of others.
 * Leaves its pid in `pid` for who goes on.
 */
export const leaveBehind = String.raw`
pid = os.fork()
if pid == 0:
    os.setsid()
    null = os.open('/dev/null', os.O_RDWR)
    for fd in (0, 1, 2):
        os.dup2(null, fd)
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.alarm(want['seconds'])
`;

/** Ends processes of ours with the same mark: what an attempt before this one left behind when its worker died. */
export const endLeftovers = String.raw`
import glob, os, signal, sys, time
for path in glob.glob('/proc/[0-9]*/cmdline'):
    try:
        words, pid = open(path, 'rb').read().split(b'\0'), int(path.split('/')[2])
        if pid != os.getpid() and b'python' in words[0] and words[-2] == sys.argv[1].encode():
            os.kill(pid, signal.SIGKILL)
            # Its memory goes before its sockets: only a zombie, or nothing, holds no port.
            while open('/proc/%d/stat' % pid).read().rpartition(')')[2].split()[0] not in 'ZX':
                time.sleep(0.01)
    except (OSError, IndexError):
        pass
`;
