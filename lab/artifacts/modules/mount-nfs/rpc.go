package main

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// credential is an AUTH_SYS body: who asks.
type credential struct {
	uid, gid uint32
	groups   []uint32
}

// client speaks ONC RPC (RFC 5531) over one TCP connection. A lost connection is made again and what was not answered is
// sent again under the same id: as with a hard mount, a call waits until the server answers or its context ends.
type client struct {
	address string
	xid     atomic.Uint32
	writing sync.Mutex

	mu      sync.Mutex
	conn    net.Conn
	pending map[uint32]*pendingCall
}

type pendingCall struct {
	message []byte
	reply   chan []byte
}

func newClient(address string) *client {
	c := &client{address: address, pending: map[uint32]*pendingCall{}}
	c.xid.Store(rand.Uint32())
	return c
}

// open connects once, so that a wrong address is an error at mount time and not a mount that hangs.
func (c *client) open() error {
	conn, err := dial(c.address)
	if err != nil {
		return err
	}
	c.conn = conn
	go c.keep(conn)
	return nil
}

func (c *client) call(ctx context.Context, program, version, procedure uint32, who credential, args []byte) (*decoder, error) {
	id := c.xid.Add(1)
	body := new(encoder).u32(0).text("holdfast-lab").u32(who.uid, who.gid, uint32(len(who.groups))).u32(who.groups...)
	message := new(encoder).u32(0, id, 0, 2, program, version, procedure, 1).opaque(body.b).u32(0, 0)
	message.b = append(message.b, args...)
	binary.BigEndian.PutUint32(message.b, uint32(len(message.b)-4)|1<<31)

	waiting := &pendingCall{message.b, make(chan []byte, 1)}
	c.mu.Lock()
	c.pending[id] = waiting
	conn := c.conn
	c.mu.Unlock()
	if conn != nil {
		c.send(conn, waiting)
	}
	defer func() {
		c.mu.Lock()
		delete(c.pending, id)
		c.mu.Unlock()
	}()
	select {
	case reply := <-waiting.reply:
		return accepted(reply)
	case <-ctx.Done():
		return nil, syscall.EINTR
	}
}

// send has a lock of its own: a write that waits for the server must not keep the reader from emptying the connection.
func (c *client) send(conn net.Conn, calls ...*pendingCall) {
	c.writing.Lock()
	defer c.writing.Unlock()
	for _, waiting := range calls {
		if _, err := conn.Write(waiting.message); err != nil {
			conn.Close() // its reader connects again and sends this again
			return
		}
	}
}

func accepted(reply []byte) (*decoder, error) {
	d := &decoder{b: reply}
	kind, status := d.u32(), d.u32()
	if kind != 1 || status != 0 {
		return nil, fmt.Errorf("the server denies the call (%d, %d)", status, d.u32())
	}
	d.u32()
	d.opaque()
	if result := d.u32(); result != 0 || d.err != nil {
		return nil, fmt.Errorf("the server cannot run the call (%d)", result)
	}
	return d, nil
}

// keep reads replies until the connection breaks, then makes a new one, for as long as the process lives.
func (c *client) keep(conn net.Conn) {
	for {
		c.read(conn)
		conn.Close()
		c.mu.Lock()
		c.conn = nil
		c.mu.Unlock()
		conn = c.again()
	}
}

func (c *client) read(conn net.Conn) {
	r := bufio.NewReaderSize(conn, 1<<16)
	for {
		message, err := readMessage(r)
		if err != nil || len(message) < 4 {
			return
		}
		c.mu.Lock()
		if waiting := c.pending[binary.BigEndian.Uint32(message)]; waiting != nil {
			select {
			case waiting.reply <- message[4:]:
			default: // answered already, before the connection was made again
			}
		}
		c.mu.Unlock()
	}
}

func (c *client) again() net.Conn {
	for wait := 100 * time.Millisecond; ; wait = min(2*wait, 2*time.Second) {
		conn, err := dial(c.address)
		if err != nil {
			time.Sleep(wait)
			continue
		}
		c.mu.Lock()
		c.conn = conn
		open := slices.Collect(maps.Values(c.pending))
		c.mu.Unlock()
		go c.send(conn, open...)
		return conn
	}
}

// readMessage joins the fragments of one record (RFC 5531, section 11).
func readMessage(r io.Reader) ([]byte, error) {
	var message []byte
	for {
		var header [4]byte
		if _, err := io.ReadFull(r, header[:]); err != nil {
			return nil, err
		}
		mark := binary.BigEndian.Uint32(header[:])
		start := len(message)
		message = append(message, make([]byte, mark&^(1<<31))...)
		if _, err := io.ReadFull(r, message[start:]); err != nil {
			return nil, err
		}
		if mark>>31 == 1 {
			return message, nil
		}
	}
}

// dial takes a port below 1024 where it may: a server with secure exports wants one. A server that is silent for 10 s with
// a call open counts as gone.
func dial(address string) (net.Conn, error) {
	dialer := net.Dialer{Timeout: 10 * time.Second, KeepAlive: 10 * time.Second, Control: func(_, _ string, raw syscall.RawConn) error {
		return raw.Control(func(fd uintptr) {
			const userTimeout = 18 // TCP_USER_TIMEOUT, milliseconds
			_ = syscall.SetsockoptInt(int(fd), syscall.IPPROTO_TCP, userTimeout, 10_000)
		})
	}}
	for range 5 {
		dialer.LocalAddr = &net.TCPAddr{Port: 600 + rand.IntN(400)}
		conn, err := dialer.Dial("tcp4", address)
		if !errors.Is(err, syscall.EADDRINUSE) && !errors.Is(err, syscall.EADDRNOTAVAIL) && !errors.Is(err, syscall.EACCES) {
			return conn, err
		}
	}
	dialer.LocalAddr = nil
	return dialer.Dial("tcp4", address)
}
