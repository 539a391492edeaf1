package main

import (
	"context"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/random"
	"github.com/google/go-containerregistry/pkg/v1/remote"
)

func written(t *testing.T) string {
	t.Helper()
	image, err := random.Image(1000, 2)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	path, err := layout.Write(dir, must(random.Index(1, 1, 0)))
	if err != nil {
		t.Fatal(err)
	}
	if err := path.AppendImage(image); err != nil {
		t.Fatal(err)
	}
	return dir
}

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

func TestAFilledFolderServesItsImagesAfterARestart(t *testing.T) {
	folder, dir := t.TempDir(), written(t)
	ctx := context.Background()
	for range 2 {
		if err := fill(ctx, folder, []string{"a/b:v1=" + dir}); err != nil {
			t.Fatal(err)
		}
	}
	server := httptest.NewServer(must(over(ctx, folder)))
	defer server.Close()
	tag := must(name.NewTag(strings.TrimPrefix(server.URL, "http://")+"/a/b:v1", name.Insecure))
	got := must(must(remote.Image(tag)).Digest())
	if want := must(must(only(dir)).Digest()); got != want {
		t.Fatalf("serves %s, filled with %s", got, want)
	}
}

func TestADamagedImageIsRefused(t *testing.T) {
	dir := written(t)
	layers := must(must(only(dir)).Layers())
	digest := must(layers[0].Digest())
	if err := os.WriteFile(filepath.Join(dir, "blobs", digest.Algorithm, digest.Hex), []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := fill(context.Background(), t.TempDir(), []string{"a:v1=" + dir}); err == nil {
		t.Fatal("accepted")
	}
}
