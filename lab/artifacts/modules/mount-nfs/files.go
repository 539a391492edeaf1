package main

import (
	"context"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/hanwen/go-fuse/v2/fs"
	"github.com/hanwen/go-fuse/v2/fuse"
)

// node is a file of the share, known by the server's handle. Nothing is cached: what another machine wrote is seen at once.
type node struct {
	fs.Inode
	share  *share
	handle []byte
	opens  atomic.Int32
	// hidden is set while a deleted file is kept under another name for those who have it open.
	hidden atomic.Pointer[place]
}

type place struct {
	folder []byte
	name   string
	who    credential
}

// opened remembers who opened the file: reads and writes are theirs, as in the kernel's client.
type opened struct{ who credential }

// serve mounts and answers until the file system is unmounted; ready is told when it is up, or why it is not.
func serve(r request, ready func(error)) error {
	s, err := openShare(context.Background(), r)
	if err != nil {
		ready(err)
		return err
	}
	zero := time.Duration(0)
	options := &fs.Options{EntryTimeout: &zero, AttrTimeout: &zero, NegativeTimeout: &zero}
	options.MountOptions = fuse.MountOptions{
		AllowOther:    true,
		DirectMount:   true,
		DisableXAttrs: true,
		FsName:        r.source,
		Name:          "nfs",
		MaxWrite:      int(min(s.writeMax, 1<<20)),
		Options:       append([]string{"default_permissions", "suid", "dev"}, r.flags...),
	}
	if r.readOnly {
		options.Options = append(options.Options, "ro")
	}
	options.RootStableAttr = &fs.StableAttr{Mode: syscall.S_IFDIR, Ino: 1}
	server, err := fs.Mount(r.target, &node{share: s, handle: s.root}, options)
	ready(err)
	if err != nil {
		return err
	}
	server.Wait()
	return nil
}

// asker is who made the system call, with the groups that /proc still knows.
func asker(ctx context.Context) credential {
	caller, known := fuse.FromContext(ctx)
	if !known {
		return credential{}
	}
	who := credential{uid: caller.Uid, gid: caller.Gid}
	text, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", caller.Pid))
	_, rest, _ := strings.Cut(string(text), "\nGroups:")
	line, _, _ := strings.Cut(rest, "\n")
	for _, field := range strings.Fields(line) {
		if gid, err := strconv.ParseUint(field, 10, 32); err == nil && len(who.groups) < 16 { // AUTH_SYS takes 16
			who.groups = append(who.groups, uint32(gid))
		}
	}
	return who
}

func failed(err error) syscall.Errno {
	if e, is := err.(syscall.Errno); is {
		return e
	}
	if err != nil {
		return syscall.EIO
	}
	return 0
}

func (n *node) ask(ctx context.Context, procedure uint32, args *encoder) (*decoder, error) {
	return n.share.do(ctx, procedure, asker(ctx), args)
}

func (n *node) self() *encoder { return new(encoder).opaque(n.handle) }

func (n *node) entry(name string) *encoder { return n.self().text(name) }

// child makes the node of a handle. A handle that the server used for another file before is another node.
func (n *node) child(ctx context.Context, handle []byte, a attributes, out *fuse.EntryOut) *fs.Inode {
	a.into(&out.Attr)
	hash := fnv.New64a()
	hash.Write(handle)
	made := &node{share: n.share, handle: append([]byte(nil), handle...)}
	return n.NewInode(ctx, made, fs.StableAttr{Mode: out.Mode & syscall.S_IFMT, Ino: a.id, Gen: hash.Sum64()})
}

func (a attributes) into(out *fuse.Attr) {
	kinds := map[uint32]uint32{
		1: syscall.S_IFREG, 2: syscall.S_IFDIR, 3: syscall.S_IFBLK, 4: syscall.S_IFCHR, 5: syscall.S_IFLNK,
		6: syscall.S_IFSOCK, 7: syscall.S_IFIFO,
	}
	out.Mode = kinds[a.kind] | a.mode&0o7777
	out.Nlink, out.Uid, out.Gid, out.Ino = a.links, a.uid, a.gid, a.id
	out.Size, out.Blocks, out.Blksize = a.size, (a.used+511)/512, 4096
	out.Rdev = (a.minor & 0xff) | (a.major&0xfff)<<8 | (a.minor&^0xff)<<12
	out.SetTimes(&a.atime, &a.mtime, &a.ctime)
}

func (n *node) Lookup(ctx context.Context, name string, out *fuse.EntryOut) (*fs.Inode, syscall.Errno) {
	return n.find(ctx, name, out)
}

func (n *node) find(ctx context.Context, name string, out *fuse.EntryOut) (*fs.Inode, syscall.Errno) {
	d, err := n.ask(ctx, lookup, n.entry(name))
	if err != nil {
		return nil, failed(err)
	}
	handle := d.opaque()
	a := d.postOp()
	if d.err != nil {
		return nil, syscall.EIO
	}
	if a == nil {
		asked, errno := n.attributesOf(ctx, handle)
		if errno != 0 {
			return nil, errno
		}
		a = &asked
	}
	return n.child(ctx, handle, *a, out), 0
}

func (n *node) attributesOf(ctx context.Context, handle []byte) (attributes, syscall.Errno) {
	d, err := n.ask(ctx, getattr, new(encoder).opaque(handle))
	if err != nil {
		return attributes{}, failed(err)
	}
	a := d.attributes()
	return a, failed(d.err)
}

func (n *node) Getattr(ctx context.Context, _ fs.FileHandle, out *fuse.AttrOut) syscall.Errno {
	a, errno := n.attributesOf(ctx, n.handle)
	if errno == 0 {
		a.into(&out.Attr)
	}
	return errno
}

func (n *node) Setattr(ctx context.Context, _ fs.FileHandle, in *fuse.SetAttrIn, out *fuse.AttrOut) syscall.Errno {
	e := n.self()
	for _, get := range []func() (uint32, bool){in.GetMode, in.GetUID, in.GetGID} {
		if v, set := get(); set {
			e.u32(1, v)
		} else {
			e.u32(0)
		}
	}
	if size, set := in.GetSize(); set {
		e.u32(1).u64(size)
	} else {
		e.u32(0)
	}
	for _, get := range []func() (time.Time, bool){in.GetATime, in.GetMTime} {
		if t, set := get(); set {
			e.u32(2, uint32(t.Unix()), uint32(t.Nanosecond()))
		} else {
			e.u32(0)
		}
	}
	if _, err := n.ask(ctx, setattr, e.u32(0)); err != nil {
		return failed(err)
	}
	return n.Getattr(ctx, nil, out)
}

// sattr sets a mode and nothing else.
func (e *encoder) sattr(mode uint32) *encoder { return e.u32(1, mode&0o7777, 0, 0, 0, 0, 0) }

// made reads what CREATE, MKDIR, SYMLINK and MKNOD answer; a server may leave the handle out.
func (n *node) made(ctx context.Context, d *decoder, name string, out *fuse.EntryOut) (*fs.Inode, syscall.Errno) {
	if d.u32() == 0 {
		return n.find(ctx, name, out)
	}
	handle := d.opaque()
	a := d.postOp()
	if d.err != nil || a == nil {
		return n.find(ctx, name, out)
	}
	return n.child(ctx, handle, *a, out), 0
}

func (n *node) Create(ctx context.Context, name string, flags, mode uint32, out *fuse.EntryOut) (*fs.Inode, fs.FileHandle, uint32, syscall.Errno) {
	const unchecked, guarded = 0, 1
	how := uint32(unchecked)
	if flags&syscall.O_EXCL != 0 {
		how = guarded
	}
	d, err := n.ask(ctx, create, n.entry(name).u32(how).sattr(mode))
	if err != nil {
		return nil, nil, 0, failed(err)
	}
	inode, errno := n.made(ctx, d, name, out)
	if errno != 0 {
		return nil, nil, 0, errno
	}
	if file, ours := inode.Operations().(*node); ours {
		file.opens.Add(1)
	}
	return inode, &opened{asker(ctx)}, 0, 0
}

func (n *node) Mkdir(ctx context.Context, name string, mode uint32, out *fuse.EntryOut) (*fs.Inode, syscall.Errno) {
	d, err := n.ask(ctx, mkdir, n.entry(name).sattr(mode))
	if err != nil {
		return nil, failed(err)
	}
	return n.made(ctx, d, name, out)
}

func (n *node) Symlink(ctx context.Context, target, name string, out *fuse.EntryOut) (*fs.Inode, syscall.Errno) {
	d, err := n.ask(ctx, symlink, n.entry(name).sattr(0o777).text(target))
	if err != nil {
		return nil, failed(err)
	}
	return n.made(ctx, d, name, out)
}

func (n *node) Mknod(ctx context.Context, name string, mode, dev uint32, out *fuse.EntryOut) (*fs.Inode, syscall.Errno) {
	kinds := map[uint32]uint32{syscall.S_IFBLK: 3, syscall.S_IFCHR: 4, syscall.S_IFSOCK: 6, syscall.S_IFIFO: 7}
	kind, known := kinds[mode&syscall.S_IFMT]
	if !known {
		inode, _, _, errno := n.Create(ctx, name, syscall.O_EXCL, mode, out)
		if errno == 0 {
			inode.Operations().(*node).opens.Add(-1)
		}
		return inode, errno
	}
	e := n.entry(name).u32(kind).sattr(mode)
	if kind <= 4 {
		e.u32(dev>>8&0xfff, dev&0xff|dev>>12&^0xff)
	}
	d, err := n.ask(ctx, mknod, e)
	if err != nil {
		return nil, failed(err)
	}
	return n.made(ctx, d, name, out)
}

func (n *node) Link(ctx context.Context, target fs.InodeEmbedder, name string, out *fuse.EntryOut) (*fs.Inode, syscall.Errno) {
	file := target.(*node)
	if _, err := n.ask(ctx, link, file.self().opaque(n.handle).text(name)); err != nil {
		return nil, failed(err)
	}
	return n.find(ctx, name, out)
}

func (n *node) Readlink(ctx context.Context) ([]byte, syscall.Errno) {
	d, err := n.ask(ctx, readlink, n.self())
	if err != nil {
		return nil, failed(err)
	}
	d.postOp()
	target := d.opaque()
	return target, failed(d.err)
}

// Unlink keeps a file that somebody here has open under a hidden name until it is closed: NFS itself knows no open files.
func (n *node) Unlink(ctx context.Context, name string) syscall.Errno {
	if child := n.GetChild(name); child != nil {
		if file, ours := child.Operations().(*node); ours && file.opens.Load() > 0 && file.hidden.Load() == nil {
			hide := &place{n.handle, fmt.Sprintf(".nfs%016x", rand.Uint64()), asker(ctx)}
			if _, err := n.ask(ctx, rename, n.entry(name).opaque(n.handle).text(hide.name)); err != nil {
				return failed(err)
			}
			file.hidden.Store(hide)
			return 0
		}
	}
	_, err := n.ask(ctx, remove, n.entry(name))
	return failed(err)
}

func (n *node) Rmdir(ctx context.Context, name string) syscall.Errno {
	_, err := n.ask(ctx, rmdir, n.entry(name))
	return failed(err)
}

func (n *node) Rename(ctx context.Context, name string, to fs.InodeEmbedder, newName string, flags uint32) syscall.Errno {
	if flags != 0 {
		return syscall.EINVAL
	}
	_, err := n.ask(ctx, rename, n.entry(name).opaque(to.(*node).handle).text(newName))
	return failed(err)
}

func (n *node) Readdir(ctx context.Context) (fs.DirStream, syscall.Errno) {
	var entries []fuse.DirEntry
	var cookie, verifier uint64
	for {
		d, err := n.ask(ctx, readdir, n.self().u64(cookie).u64(verifier).u32(32<<10))
		if err != nil {
			return nil, failed(err)
		}
		d.postOp()
		verifier = d.u64()
		for d.u32() == 1 {
			id, name := d.u64(), string(d.opaque())
			cookie = d.u64()
			if name != "." && name != ".." {
				entries = append(entries, fuse.DirEntry{Ino: id, Name: name})
			}
		}
		end := d.u32() == 1
		if d.err != nil {
			return nil, syscall.EIO
		}
		if end {
			return fs.NewListDirStream(entries), 0
		}
	}
}

func (n *node) Open(ctx context.Context, _ uint32) (fs.FileHandle, uint32, syscall.Errno) {
	n.opens.Add(1)
	return &opened{asker(ctx)}, 0, 0
}

func (n *node) Release(ctx context.Context, f fs.FileHandle) syscall.Errno {
	if n.opens.Add(-1) > 0 {
		return 0
	}
	hidden := n.hidden.Swap(nil)
	if hidden == nil {
		return 0
	}
	_, err := n.share.do(ctx, remove, hidden.who, new(encoder).opaque(hidden.folder).text(hidden.name))
	return failed(err)
}

func (n *node) who(ctx context.Context, f fs.FileHandle) credential {
	if file, ours := f.(*opened); ours {
		return file.who
	}
	return asker(ctx)
}

func (n *node) Read(ctx context.Context, f fs.FileHandle, dest []byte, offset int64) (fuse.ReadResult, syscall.Errno) {
	done := 0
	for done < len(dest) {
		count := min(uint32(len(dest)-done), n.share.readMax)
		d, err := n.share.do(ctx, read, n.who(ctx, f), n.self().u64(uint64(offset)+uint64(done)).u32(count))
		if err != nil {
			return nil, failed(err)
		}
		d.postOp()
		d.u32()
		end := d.u32() == 1
		data := d.opaque()
		if d.err != nil {
			return nil, syscall.EIO
		}
		done += copy(dest[done:], data)
		if end || len(data) == 0 {
			break
		}
	}
	return fuse.ReadResultData(dest[:done]), 0
}

// Write waits until the server has the data on its disk, so that nothing is lost with the server's memory.
func (n *node) Write(ctx context.Context, f fs.FileHandle, data []byte, offset int64) (uint32, syscall.Errno) {
	const fileSync = 2
	done := 0
	for done < len(data) {
		part := data[done:min(len(data), done+int(n.share.writeMax))]
		args := n.self().u64(uint64(offset)+uint64(done)).u32(uint32(len(part)), fileSync).opaque(part)
		d, err := n.share.do(ctx, write, n.who(ctx, f), args)
		if err != nil {
			return uint32(done), failed(err)
		}
		d.wcc()
		count := int(d.u32())
		if d.err != nil || count == 0 {
			return uint32(done), syscall.EIO
		}
		done += count
	}
	return uint32(done), 0
}

func (n *node) Fsync(ctx context.Context, f fs.FileHandle, _ uint32) syscall.Errno {
	_, err := n.share.do(ctx, commit, n.who(ctx, f), n.self().u64(0).u32(0))
	return failed(err)
}

func (n *node) Statfs(ctx context.Context, out *fuse.StatfsOut) syscall.Errno {
	d, err := n.ask(ctx, fsstat, n.self())
	if err != nil {
		return failed(err)
	}
	d.postOp()
	const block = 4096
	out.Bsize, out.Frsize, out.NameLen = block, block, 255
	out.Blocks, out.Bfree, out.Bavail = d.u64()/block, d.u64()/block, d.u64()/block
	out.Files, out.Ffree = d.u64(), d.u64()
	return failed(d.err)
}
