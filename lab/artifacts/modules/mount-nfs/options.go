package main

import (
	"fmt"
	"path/filepath"
	"strconv"
	"strings"
)

type request struct {
	source, server, path, target string
	readOnly                     bool
	flags                        []string // nosuid, nodev, noexec: the kernel's to keep
	port, mountPort              int      // 0: ask the server's port mapper
}

// parse reads mount(8)'s arguments. Options that change nothing for this client (vers, hard, nolock, rsize, …) are accepted.
func parse(args []string) (request, error) {
	var r request
	var places []string
	for i := 0; i < len(args); i++ {
		switch arg := args[i]; {
		case arg == "-o" || arg == "-t" || arg == "-N":
			i++
			if i == len(args) {
				return r, fmt.Errorf("%s without a value", arg)
			}
			if arg == "-o" {
				if err := r.options(args[i]); err != nil {
					return r, err
				}
			}
		case arg == "-r":
			r.readOnly = true
		case strings.HasPrefix(arg, "-"):
		default:
			places = append(places, arg)
		}
	}
	if len(places) != 2 {
		return r, fmt.Errorf("usage: mount.nfs SERVER:PATH FOLDER [-o OPTION,…]")
	}
	server, path, found := strings.Cut(places[0], ":/")
	if !found || server == "" {
		return r, fmt.Errorf("%s is not SERVER:/PATH", places[0])
	}
	target, err := filepath.Abs(places[1])
	r.source, r.server, r.path, r.target = places[0], server, "/"+path, target
	return r, err
}

func (r *request) options(text string) error {
	for _, option := range strings.Split(text, ",") {
		name, value, _ := strings.Cut(option, "=")
		var err error
		switch name {
		case "ro":
			r.readOnly = true
		case "rw":
			r.readOnly = false
		case "nosuid", "nodev", "noexec":
			r.flags = append(r.flags, name)
		case "port":
			r.port, err = strconv.Atoi(value)
		case "mountport":
			r.mountPort, err = strconv.Atoi(value)
		}
		if err != nil {
			return fmt.Errorf("option %s: %w", option, err)
		}
	}
	return nil
}
