package main

import (
	"bytes"
	"context"
	"encoding/binary"
	"io"
	"net"
	"path/filepath"
	"reflect"
	"testing"
)

func TestMountsArgumentsAreRead(t *testing.T) {
	r, err := parse([]string{"10.0.0.61:/exports/a", "/var/lib/x", "-s", "-o", "rw,vers=3,hard,nolock,nosuid,port=2050"})
	want := request{source: "10.0.0.61:/exports/a", server: "10.0.0.61", path: "/exports/a", target: "/var/lib/x", port: 2050, flags: []string{"nosuid"}}
	if err != nil || !reflect.DeepEqual(r, want) {
		t.Fatalf("%+v %v", r, err)
	}
	here, _ := filepath.Abs("x")
	if r, err = parse([]string{"s:/", "x", "-o", "ro"}); err != nil || !r.readOnly || r.path != "/" || r.target != here {
		t.Fatalf("%+v %v", r, err)
	}
	for _, args := range [][]string{nil, {"s:/a"}, {"/dev/sda", "/x"}, {":/a", "/x"}, {"s:/a", "/x", "-o"}, {"s:/a", "/x", "-o", "port=many"}} {
		if _, err := parse(args); err == nil {
			t.Errorf("accepted %v", args)
		}
	}
}

func TestXdrIsPaddedAndAShortReplyIsAnError(t *testing.T) {
	e := new(encoder).text("abcde").u64(7)
	if !bytes.Equal(e.b, []byte("\x00\x00\x00\x05abcde\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x07")) {
		t.Fatalf("%q", e.b)
	}
	d := &decoder{b: e.b}
	if string(d.opaque()) != "abcde" || d.u64() != 7 || d.err != nil {
		t.Fatal("not read back")
	}
	if d.u32() != 0 || d.err == nil {
		t.Fatal("reads past the end")
	}
	if d = (&decoder{b: []byte{0xff, 0xff, 0xff, 0xff}}); d.opaque() != nil || d.err == nil {
		t.Fatal("a length beyond the reply is accepted")
	}
}

func TestFragmentsAreJoined(t *testing.T) {
	message, err := readMessage(bytes.NewReader([]byte("\x00\x00\x00\x02ab\x80\x00\x00\x01c")))
	if err != nil || string(message) != "abc" {
		t.Fatalf("%q %v", message, err)
	}
	if _, err := readMessage(bytes.NewReader([]byte("\x80\x00\x00\x05ab"))); err == nil {
		t.Fatal("half a message is accepted")
	}
}

// A server that drops the first connection with the call unanswered, and answers on the second.
func TestACallIsSentAgainAfterALostConnection(t *testing.T) {
	listener, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	seen := make(chan uint32, 2)
	go func() {
		for i := range 2 {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			message, err := readMessage(conn)
			if err != nil {
				return
			}
			seen <- binary.BigEndian.Uint32(message)
			if i == 0 {
				conn.Close()
				continue
			}
			reply := new(encoder).u32(0, binary.BigEndian.Uint32(message), 1, 0, 0, 0, 0, 42)
			binary.BigEndian.PutUint32(reply.b, uint32(len(reply.b)-4)|1<<31)
			_, _ = conn.Write(reply.b)
			_, _ = io.ReadAll(conn)
		}
	}()
	c := newClient(listener.Addr().String())
	if err := c.open(); err != nil {
		t.Fatal(err)
	}
	d, err := c.call(context.Background(), nfsProgram, version, getattr, credential{}, nil)
	if err != nil || d.u32() != 42 {
		t.Fatalf("%v", err)
	}
	if a, b := <-seen, <-seen; a != b {
		t.Fatalf("sent again under another id: %d, %d", a, b)
	}
}
