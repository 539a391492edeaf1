package main

import (
	"context"
	"os"
	"path"
	"testing"

	core "k8s.io/api/core/v1"
	storage "k8s.io/api/storage/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/sig-storage-lib-external-provisioner/v13/controller"
)

func provisioned(t *testing.T, parameters map[string]string) (*provisioner, *core.PersistentVolume) {
	t.Helper()
	class := &storage.StorageClass{ObjectMeta: meta.ObjectMeta{Name: "nfs"}, Parameters: parameters}
	reclaim := core.PersistentVolumeReclaimDelete
	class.ReclaimPolicy = &reclaim
	p := &provisioner{root: t.TempDir(), server: "10.0.0.61", path: "/share"}
	p.class = func(context.Context, *core.PersistentVolume) (*storage.StorageClass, error) { return class, nil }
	claim := &core.PersistentVolumeClaim{ObjectMeta: meta.ObjectMeta{Namespace: "default", Name: "data"}}
	claim.Spec.Resources.Requests = core.ResourceList{core.ResourceStorage: resource.MustParse("1Mi")}
	volume, _, err := p.Provision(context.Background(), controller.ProvisionOptions{StorageClass: class, PVName: "pvc-1", PVC: claim})
	if err != nil {
		t.Fatal(err)
	}
	return p, volume
}

func TestAClaimGetsAFolderThatAnyUserMayWrite(t *testing.T) {
	p, volume := provisioned(t, nil)
	info, err := os.Stat(path.Join(p.root, "default-data-pvc-1"))
	if err != nil || info.Mode().Perm() != 0o777 {
		t.Fatalf("folder: %v %v", info, err)
	}
	if volume.Spec.NFS.Path != "/share/default-data-pvc-1" || volume.Spec.NFS.Server != "10.0.0.61" {
		t.Fatalf("volume points at %v", volume.Spec.NFS)
	}
}

func TestAnEndedClaimIsArchivedRemovedOrKept(t *testing.T) {
	for _, c := range []struct {
		parameters map[string]string
		left       string
	}{
		{nil, "archived-default-data-pvc-1"},
		{map[string]string{"archiveOnDelete": "true"}, "archived-default-data-pvc-1"},
		{map[string]string{"archiveOnDelete": "false"}, ""},
		{map[string]string{"onDelete": "delete"}, ""},
		{map[string]string{"onDelete": "retain", "archiveOnDelete": "false"}, "default-data-pvc-1"},
	} {
		p, volume := provisioned(t, c.parameters)
		if err := p.Delete(context.Background(), volume); err != nil {
			t.Fatalf("%v: %v", c.parameters, err)
		}
		left := ""
		entries, _ := os.ReadDir(p.root)
		for _, e := range entries {
			left += e.Name()
		}
		if left != c.left {
			t.Errorf("%v: left %q, expected %q", c.parameters, left, c.left)
		}
		if c.left != "default-data-pvc-1" {
			if err := p.Delete(context.Background(), volume); err != nil {
				t.Errorf("%v: a second deletion fails: %v", c.parameters, err)
			}
		}
	}
}

func TestABadArchiveOnDeleteDeletesNothing(t *testing.T) {
	p, volume := provisioned(t, map[string]string{"archiveOnDelete": "perhaps"})
	if err := p.Delete(context.Background(), volume); err == nil {
		t.Fatal("accepted")
	}
	if _, err := os.Stat(path.Join(p.root, "default-data-pvc-1")); err != nil {
		t.Fatal(err)
	}
}
