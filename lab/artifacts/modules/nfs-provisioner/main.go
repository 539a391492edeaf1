// A provisioner that gives each claim a folder of one NFS share, which the pod has mounted at /persistentvolumes.
// Environment: NFS_SERVER, NFS_PATH, PROVISIONER_NAME, ENABLE_LEADER_ELECTION (default true).
package main

import (
	"context"
	"log"
	"os"
	"strconv"

	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/sig-storage-lib-external-provisioner/v13/controller"
)

func main() {
	config, err := rest.InClusterConfig()
	if err != nil {
		log.Fatal(err)
	}
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		log.Fatal(err)
	}
	elect, err := strconv.ParseBool(os.Getenv("ENABLE_LEADER_ELECTION"))
	p := &provisioner{
		root:   "/persistentvolumes",
		server: needed("NFS_SERVER"),
		path:   needed("NFS_PATH"),
		class:  classOf(client),
	}
	ctx := context.Background()
	controller.NewProvisionController(ctx, client, needed("PROVISIONER_NAME"), p,
		controller.LeaderElection(elect || err != nil)).Run(ctx)
}

func needed(name string) string {
	value := os.Getenv(name)
	if value == "" {
		log.Fatalf("environment variable %s is not set", name)
	}
	return value
}
