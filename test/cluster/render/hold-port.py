"""hold-port.py PORT PROGRAM ARGUMENT…: holds a port as file descriptor 3, and runs the program anew each time it ends, as systemd does."""

import os
import socket
import sys
import time

os.dup2(socket.create_server(('127.0.0.1', int(sys.argv[1])), backlog=1024).detach(), 3)
os.set_inheritable(3, True)

while True:
    os.spawnvp(os.P_WAIT, sys.argv[2], sys.argv[2:])
    time.sleep(0.1)
