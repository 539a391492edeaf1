// An image registry over a folder: distribution's, with its file driver alone.
//
//	registry serve ADDRESS FOLDER                    until a signal
//	registry fill FOLDER NAME:TAG=OCI-LAYOUT…        checks each image whole, then puts it into the folder
package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/distribution/distribution/v3/configuration"
	"github.com/distribution/distribution/v3/registry/handlers"
	_ "github.com/distribution/distribution/v3/registry/storage/driver/filesystem"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		log.Fatal(err)
	}
}

func run(args []string) error {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	switch {
	case len(args) == 3 && args[0] == "serve":
		return serve(ctx, args[1], args[2])
	case len(args) > 2 && args[0] == "fill":
		return fill(ctx, args[1], args[2:])
	}
	return errors.New("usage: registry serve ADDRESS FOLDER | registry fill FOLDER NAME:TAG=OCI-LAYOUT…")
}

func serve(ctx context.Context, address, folder string) error {
	app, err := over(ctx, folder)
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return err
	}
	fmt.Println("listening on", listener.Addr())
	server := &http.Server{Handler: app}
	go func() {
		<-ctx.Done()
		server.Close()
	}()
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

func over(ctx context.Context, folder string) (http.Handler, error) {
	text := fmt.Sprintf(`{"version": "0.1", "log": {"level": "warn"}, "storage": {"filesystem": {"rootdirectory": %q}, "delete": {"enabled": true}}}`, folder)
	config, err := configuration.Parse(strings.NewReader(text))
	if err != nil {
		return nil, err
	}
	return handlers.NewApp(ctx, config), nil
}
