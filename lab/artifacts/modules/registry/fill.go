package main

import (
	"context"
	"fmt"
	"net/http/httptest"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/validate"
)

// fill pushes through the registry's own interface, so that what it serves later is what it accepted.
func fill(ctx context.Context, folder string, images []string) error {
	app, err := over(ctx, folder)
	if err != nil {
		return err
	}
	server := httptest.NewServer(app)
	defer server.Close()
	for _, image := range images {
		ref, dir, found := strings.Cut(image, "=")
		if !found {
			return fmt.Errorf("%s is not NAME:TAG=OCI-LAYOUT", image)
		}
		if err := push(ctx, strings.TrimPrefix(server.URL, "http://")+"/"+ref, dir); err != nil {
			return fmt.Errorf("%s: %w", ref, err)
		}
		fmt.Println(ref)
	}
	return nil
}

func push(ctx context.Context, ref, dir string) error {
	image, err := only(dir)
	if err != nil {
		return err
	}
	if err := validate.Image(image); err != nil {
		return err
	}
	tag, err := name.NewTag(ref, name.Insecure)
	if err != nil {
		return err
	}
	return remote.Write(tag, image, remote.WithContext(ctx))
}

func only(dir string) (v1.Image, error) {
	index, err := layout.ImageIndexFromPath(dir)
	if err != nil {
		return nil, err
	}
	manifest, err := index.IndexManifest()
	if err != nil {
		return nil, err
	}
	if n := len(manifest.Manifests); n != 1 {
		return nil, fmt.Errorf("%s holds %d images, expected one", dir, n)
	}
	return index.Image(manifest.Manifests[0].Digest)
}
