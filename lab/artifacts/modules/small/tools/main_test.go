package main

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"testing"
)

func TestWhatIsWrittenIsRead(t *testing.T) {
	file := filepath.Join(t.TempDir(), "f")
	var out bytes.Buffer
	if err := run([]string{"write", file, "hello"}, &out); err != nil {
		t.Fatal(err)
	}
	if err := run([]string{"read", file}, &out); err != nil || out.String() != "hello" {
		t.Fatalf("%v %q", err, out.String())
	}
}

func TestGetFailsForAnErrorStatus(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/ok" {
			w.WriteHeader(503)
		}
	}))
	defer server.Close()
	var out bytes.Buffer
	if err := run([]string{"get", server.URL + "/ok"}, &out); err != nil {
		t.Fatal(err)
	}
	if err := run([]string{"get", server.URL + "/other"}, &out); err == nil {
		t.Fatal("503 counts as success")
	}
}

func TestWrongUsageIsAnError(t *testing.T) {
	for _, args := range [][]string{nil, {"get"}, {"write", "f"}, {"fly"}} {
		if err := run(args, &bytes.Buffer{}); err == nil {
			t.Errorf("%v accepted", args)
		}
	}
}
