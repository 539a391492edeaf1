// mount.nfs for machines whose kernel has no NFS client: NFSv3 over TCP behind FUSE, called as mount(8) calls it.
// Usage: mount.nfs SERVER:PATH FOLDER [-o OPTION,…]      returns when the mount is up; `umount FOLDER` ends it
package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"syscall"
)

const childMark = "HOLDFAST_MOUNT_NFS_CHILD"

func main() {
	err := run()
	if err != nil {
		fmt.Fprintln(os.Stderr, "mount.nfs:", err)
		os.Exit(32) // mount(8): mount failure
	}
}

func run() error {
	request, err := parse(os.Args[1:])
	if err != nil {
		return err
	}
	if os.Getenv(childMark) == "" {
		return startChild()
	}
	os.Unsetenv(childMark)
	if err := os.Chdir("/"); err != nil { // keeps no folder busy
		return err
	}
	return serve(request, func(err error) {
		ready := os.NewFile(3, "ready")
		if err != nil {
			fmt.Fprint(ready, err)
		} else {
			fmt.Fprint(ready, "up")
		}
		ready.Close()
	})
}

// besideCaller runs self in a scope of its own where systemd runs: the mounts of a kernel's client outlive a restart of
// the kubelet, and systemd would end whatever is left in its unit.
func besideCaller(self string) *exec.Cmd {
	if _, err := os.Stat("/run/systemd/system"); err == nil {
		// mount(8) gives its helpers no PATH.
		const run = "/usr/bin/systemd-run"
		return exec.Command(run, append([]string{"--scope", "--quiet", "--collect", "--", self}, os.Args[1:]...)...)
	}
	return exec.Command(self, os.Args[1:]...)
}

// startChild leaves a process behind that answers the kernel. It says over a pipe whether the mount is up.
func startChild() error {
	reader, writer, err := os.Pipe()
	if err != nil {
		return err
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	child := besideCaller(self)
	child.Env = append(os.Environ(), childMark+"=1")
	child.ExtraFiles = []*os.File{writer}
	child.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := child.Start(); err != nil {
		return err
	}
	writer.Close()
	answer, err := io.ReadAll(reader)
	if err != nil {
		return err
	}
	if string(answer) == "up" {
		return child.Process.Release()
	}
	_ = child.Wait()
	if len(answer) == 0 {
		return errors.New("the file system's process ended before the mount was up")
	}
	return errors.New(string(answer))
}
