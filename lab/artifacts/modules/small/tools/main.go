// A few verbs for looking at a cluster from inside a pod; exit 0 means it worked, 1 that it did not.
//
//	tools get URL            prints the body; fails for a status of 400 and above
//	tools lookup NAME        prints the addresses, one a line
//	tools write FILE TEXT    writes and flushes to the disk
//	tools read FILE          prints the file
//	tools serve ADDRESS      answers every request with the pod's host name
//	tools sleep              waits for a signal
package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"
)

const limit = 5 * time.Second

func main() {
	if err := run(os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(args []string, out io.Writer) error {
	if len(args) == 0 {
		args = []string{""}
	}
	switch verb, rest := args[0], args[1:]; {
	case verb == "get" && len(rest) == 1:
		return get(rest[0], out)
	case verb == "lookup" && len(rest) == 1:
		return lookup(rest[0], out)
	case verb == "write" && len(rest) == 2:
		return write(rest[0], rest[1])
	case verb == "read" && len(rest) == 1:
		text, err := os.ReadFile(rest[0])
		if err == nil {
			_, err = out.Write(text)
		}
		return err
	case verb == "serve" && len(rest) == 1:
		return http.ListenAndServe(rest[0], http.HandlerFunc(answer))
	case verb == "sleep" && len(rest) == 0:
		signals := make(chan os.Signal, 1)
		signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM)
		<-signals
		return nil
	}
	return fmt.Errorf("usage: tools get URL | lookup NAME | write FILE TEXT | read FILE | serve ADDRESS | sleep")
}

func get(url string, out io.Writer) error {
	response, err := (&http.Client{Timeout: limit}).Get(url)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if _, err = io.Copy(out, response.Body); err != nil {
		return err
	}
	if response.StatusCode >= 400 {
		return fmt.Errorf("%s answered %s", url, response.Status)
	}
	return nil
}

func lookup(name string, out io.Writer) error {
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	addresses, err := net.DefaultResolver.LookupHost(ctx, name)
	for _, a := range addresses {
		fmt.Fprintln(out, a)
	}
	return err
}

func write(name, text string) error {
	file, err := os.Create(name)
	if err != nil {
		return err
	}
	defer file.Close()
	if _, err = file.WriteString(text); err != nil {
		return err
	}
	return file.Sync()
}

func answer(w http.ResponseWriter, _ *http.Request) {
	name, _ := os.Hostname()
	fmt.Fprintln(w, name)
}
