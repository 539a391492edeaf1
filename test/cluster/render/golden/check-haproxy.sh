#!/bin/sh
# A request through haproxy with a time limit: a hung haproxy still is a running process and an open port.
exec curl --silent --fail --output /dev/null --noproxy '*' --max-time 1.8 http://127.0.0.1:8405/
