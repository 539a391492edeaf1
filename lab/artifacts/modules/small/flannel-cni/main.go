// The CNI plugin that flannel needs on a node: it turns what flanneld wrote into /run/flannel/subnet.env into a
// configuration of the bridge and host-local plugins, and hands over to them. (Flannel's own plugin is another module.)
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"github.com/containernetworking/cni/pkg/invoke"
	"github.com/containernetworking/cni/pkg/skel"
	"github.com/containernetworking/cni/pkg/types"
	"github.com/containernetworking/cni/pkg/version"
)

const kept = "/var/lib/cni/flannel"

func main() {
	skel.PluginMainFuncs(skel.CNIFuncs{Add: add, Del: del, Check: check}, version.All, "flannel for the lab")
}

func add(args *skel.CmdArgs) error {
	config, err := parse(args.StdinData)
	if err != nil {
		return err
	}
	file, err := os.Open(config.SubnetFile)
	if err != nil {
		return fmt.Errorf("is flanneld running here? %w", err)
	}
	defer file.Close()
	net, err := readSubnet(file)
	if err != nil {
		return fmt.Errorf("%s: %w", config.SubnetFile, err)
	}
	delegate, err := json.Marshal(config.delegateTo(net))
	if err != nil {
		return err
	}
	// Kept for the deletion, when flanneld may be gone or have another subnet.
	if err := os.MkdirAll(kept, 0o700); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(kept, args.ContainerID), delegate, 0o600); err != nil {
		return err
	}
	result, err := invoke.DelegateAdd(context.Background(), "bridge", delegate, nil)
	if err != nil {
		return err
	}
	return result.Print()
}

func del(args *skel.CmdArgs) error {
	file := filepath.Join(kept, args.ContainerID)
	delegate, err := os.ReadFile(file)
	if os.IsNotExist(err) {
		return nil
	}
	if err != nil {
		return err
	}
	if err := invoke.DelegateDel(context.Background(), "bridge", delegate, nil); err != nil {
		return err
	}
	return os.Remove(file)
}

func check(args *skel.CmdArgs) error {
	delegate, err := os.ReadFile(filepath.Join(kept, args.ContainerID))
	if err != nil {
		return types.NewError(types.ErrUnknownContainer, "this container has no network of ours", err.Error())
	}
	return invoke.DelegateCheck(context.Background(), "bridge", delegate, nil)
}
