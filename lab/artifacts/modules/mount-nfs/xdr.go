package main

import (
	"encoding/binary"
	"errors"
)

// encoder appends what RFC 4506 describes.
type encoder struct{ b []byte }

func (e *encoder) u32(values ...uint32) *encoder {
	for _, v := range values {
		e.b = binary.BigEndian.AppendUint32(e.b, v)
	}
	return e
}

func (e *encoder) u64(v uint64) *encoder {
	e.b = binary.BigEndian.AppendUint64(e.b, v)
	return e
}

func (e *encoder) opaque(v []byte) *encoder {
	e.u32(uint32(len(v)))
	e.b = append(e.b, v...)
	e.b = append(e.b, make([]byte, -len(v)&3)...)
	return e
}

func (e *encoder) text(v string) *encoder { return e.opaque([]byte(v)) }

var errShort = errors.New("reply is cut short")

// decoder remembers the first error and gives zeros after it.
type decoder struct {
	b   []byte
	err error
}

func (d *decoder) take(n int) []byte {
	if d.err != nil || n < 0 || n > len(d.b) {
		d.err = errShort
		return nil
	}
	v := d.b[:n]
	d.b = d.b[n:]
	return v
}

func (d *decoder) u32() uint32 {
	if v := d.take(4); v != nil {
		return binary.BigEndian.Uint32(v)
	}
	return 0
}

func (d *decoder) u64() uint64 {
	if v := d.take(8); v != nil {
		return binary.BigEndian.Uint64(v)
	}
	return 0
}

func (d *decoder) opaque() []byte {
	n := int(d.u32())
	v := d.take(n)
	d.take(-n & 3)
	return v
}
