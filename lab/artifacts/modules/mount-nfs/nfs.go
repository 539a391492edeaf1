package main

import (
	"context"
	"fmt"
	"net"
	"strconv"
	"syscall"
	"time"
)

// Programs and procedures of RFC 1813 and RFC 1833.
const (
	portmapProgram, mountProgram, nfsProgram = 100000, 100005, 100003
	version                                  = 3

	getattr, setattr, lookup, readlink, read, write, create, mkdir, symlink, mknod = 1, 2, 3, 5, 6, 7, 8, 9, 10, 11
	remove, rmdir, rename, link, readdir, fsstat, fsinfo, commit                   = 12, 13, 14, 15, 16, 18, 19, 21
)

// share is one mounted export.
type share struct {
	nfs               *client
	root              []byte
	readMax, writeMax uint32
	request           request
}

type attributes struct {
	kind, mode, links, uid, gid uint32
	size, used, id              uint64
	major, minor                uint32
	atime, mtime, ctime         time.Time
}

func openShare(ctx context.Context, r request) (*share, error) {
	port, err := portOf(ctx, r, mountProgram, r.mountPort)
	if err != nil {
		return nil, err
	}
	mounts := newClient(port)
	if err := mounts.open(); err != nil {
		return nil, err
	}
	d, err := mounts.call(ctx, mountProgram, version, 1, credential{}, new(encoder).text(r.path).b)
	if err != nil {
		return nil, err
	}
	if status := d.u32(); status != 0 {
		return nil, fmt.Errorf("%s: the server refuses the mount: %w", r.source, errno(status))
	}
	s := &share{root: append([]byte(nil), d.opaque()...), request: r}
	if port, err = portOf(ctx, r, nfsProgram, r.port); err != nil {
		return nil, err
	}
	s.nfs = newClient(port)
	if err := s.nfs.open(); err != nil {
		return nil, err
	}
	d, err = s.do(ctx, fsinfo, credential{}, new(encoder).opaque(s.root))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", r.source, err)
	}
	d.postOp()
	s.readMax = d.u32()
	d.u32()
	d.u32()
	s.writeMax = d.u32()
	return s, d.err
}

// portOf asks the server's port mapper, unless an option names the port.
func portOf(ctx context.Context, r request, program uint32, known int) (string, error) {
	if known != 0 {
		return net.JoinHostPort(r.server, strconv.Itoa(known)), nil
	}
	mapper := newClient(net.JoinHostPort(r.server, "111"))
	if err := mapper.open(); err != nil {
		return "", fmt.Errorf("port mapper of %s: %w", r.server, err)
	}
	const getport, tcp = 3, 6
	d, err := mapper.call(ctx, portmapProgram, 2, getport, credential{}, new(encoder).u32(program, version, tcp, 0).b)
	if err != nil {
		return "", err
	}
	port := d.u32()
	if port == 0 || d.err != nil {
		return "", fmt.Errorf("%s does not offer NFS version 3 (program %d)", r.server, program)
	}
	return net.JoinHostPort(r.server, strconv.Itoa(int(port))), nil
}

// do runs an NFS procedure; a status other than 0 comes back as the errno it stands for.
func (s *share) do(ctx context.Context, procedure uint32, who credential, args *encoder) (*decoder, error) {
	const jukebox = 10008 // "try again later"
	for {
		d, err := s.nfs.call(ctx, nfsProgram, version, procedure, who, args.b)
		if err != nil {
			return nil, err
		}
		switch status := d.u32(); {
		case d.err != nil:
			return nil, d.err
		case status == 0:
			return d, nil
		case status != jukebox:
			return nil, errno(status)
		}
		select {
		case <-time.After(time.Second):
		case <-ctx.Done():
			return nil, syscall.EINTR
		}
	}
}

// errno gives Linux' number: up to 31 they are the same as NFS's.
func errno(status uint32) syscall.Errno {
	other := map[uint32]syscall.Errno{
		63: syscall.ENAMETOOLONG, 66: syscall.ENOTEMPTY, 69: syscall.EDQUOT, 70: syscall.ESTALE, 71: syscall.EREMOTE,
		10001: syscall.ESTALE, 10004: syscall.EOPNOTSUPP, 10007: syscall.EINVAL,
	}
	if status < 32 {
		return syscall.Errno(status)
	}
	if e, known := other[status]; known {
		return e
	}
	return syscall.EIO
}

func (d *decoder) time() time.Time {
	seconds := d.u32()
	return time.Unix(int64(seconds), int64(d.u32()))
}

func (d *decoder) attributes() attributes {
	var a attributes
	a.kind, a.mode, a.links, a.uid, a.gid = d.u32(), d.u32(), d.u32(), d.u32(), d.u32()
	a.size, a.used = d.u64(), d.u64()
	a.major, a.minor = d.u32(), d.u32()
	d.u64()
	a.id = d.u64()
	a.atime, a.mtime, a.ctime = d.time(), d.time(), d.time()
	return a
}

// postOp reads attributes that a server may leave out.
func (d *decoder) postOp() *attributes {
	if d.u32() == 0 {
		return nil
	}
	a := d.attributes()
	return &a
}

// wcc skips what the server says of the state before, and the attributes after.
func (d *decoder) wcc() {
	if d.u32() == 1 {
		d.take(24)
	}
	d.postOp()
}
