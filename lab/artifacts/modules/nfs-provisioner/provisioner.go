package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path"
	"strconv"

	core "k8s.io/api/core/v1"
	storage "k8s.io/api/storage/v1"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"sigs.k8s.io/sig-storage-lib-external-provisioner/v13/controller"
)

type provisioner struct {
	root, server, path string
	class              func(context.Context, *core.PersistentVolume) (*storage.StorageClass, error)
}

func (p *provisioner) Provision(_ context.Context, o controller.ProvisionOptions) (*core.PersistentVolume, controller.ProvisioningState, error) {
	if o.PVC.Spec.Selector != nil {
		return nil, controller.ProvisioningFinished, errors.New("a claim with a selector is not supported")
	}
	name := o.PVC.Namespace + "-" + o.PVC.Name + "-" + o.PVName
	folder := path.Join(p.root, name)
	if err := os.MkdirAll(folder, 0o777); err != nil {
		return nil, controller.ProvisioningFinished, fmt.Errorf("create %s: %w", folder, err)
	}
	// Any user of a pod may write, whatever the umask of this process says.
	if err := os.Chmod(folder, 0o777); err != nil {
		return nil, controller.ProvisioningFinished, fmt.Errorf("chmod %s: %w", folder, err)
	}
	return &core.PersistentVolume{
		ObjectMeta: meta.ObjectMeta{Name: o.PVName},
		Spec: core.PersistentVolumeSpec{
			PersistentVolumeReclaimPolicy: *o.StorageClass.ReclaimPolicy,
			AccessModes:                   o.PVC.Spec.AccessModes,
			MountOptions:                  o.StorageClass.MountOptions,
			Capacity:                      core.ResourceList{core.ResourceStorage: o.PVC.Spec.Resources.Requests[core.ResourceStorage]},
			PersistentVolumeSource: core.PersistentVolumeSource{
				NFS: &core.NFSVolumeSource{Server: p.server, Path: path.Join(p.path, name)},
			},
		},
	}, controller.ProvisioningFinished, nil
}

// Delete removes the claim's folder, keeps it (onDelete: retain), or renames it to archived-… (archiveOnDelete,
// which is also what an absent parameter means).
func (p *provisioner) Delete(ctx context.Context, volume *core.PersistentVolume) error {
	name := path.Base(volume.Spec.NFS.Path)
	folder := path.Join(p.root, name)
	if _, err := os.Stat(folder); errors.Is(err, os.ErrNotExist) {
		return nil
	}
	class, err := p.class(ctx, volume)
	if err != nil {
		return err
	}
	switch class.Parameters["onDelete"] {
	case "delete":
		return os.RemoveAll(folder)
	case "retain":
		return nil
	}
	if text, set := class.Parameters["archiveOnDelete"]; set {
		archive, err := strconv.ParseBool(text)
		if err != nil {
			return fmt.Errorf("archiveOnDelete of storage class %s: %w", class.Name, err)
		}
		if !archive {
			return os.RemoveAll(folder)
		}
	}
	return os.Rename(folder, path.Join(p.root, "archived-"+name))
}

func classOf(client kubernetes.Interface) func(context.Context, *core.PersistentVolume) (*storage.StorageClass, error) {
	return func(ctx context.Context, volume *core.PersistentVolume) (*storage.StorageClass, error) {
		return client.StorageV1().StorageClasses().Get(ctx, volume.Spec.StorageClassName, meta.GetOptions{})
	}
}
