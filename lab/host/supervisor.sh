#!/bin/bash
# The power supply of one lab host: boots it, and again after a reboot from inside (nspawn then ends with 133).
# Whatever it makes (network namespace, link, mounts, cgroups, swap) is gone when it ends; leftovers of one that was
# killed are cleaned first. Runs in a mount namespace of its own. 
# Usage: supervisor.sh HOST.ENV [clean]
set -u
. "$1"
run=$DIR/run

remember() { # FILE PID: a pid alone may be another process's tomorrow
  local stat=$(< "/proc/$2/stat")
  set -- "$1" "$2" ${stat##*) }
  echo "$2 ${22}" > "$run/$1.pid.new" && mv "$run/$1.pid.new" "$run/$1.pid"
}

# The process of a pid file, if it is still that one.
alive() {
  local pid started stat
  read -r pid started 2> /dev/null < "$run/$1.pid" || return 1
  stat=$(cat "/proc/$pid/stat" 2> /dev/null) || return 1
  set -- ${stat##*) }
  [ "${20}" = "$started" ] && echo "$pid"
}

clean() {
  local pid group attempt
  pid=$(alive netns) && kill "$pid"
  ip link del "$LINK" 2> /dev/null
  [ -f "$run/cgroups" ] && while read -r group; do
    for attempt in {1..50}; do
      [ -d "$group" ] || break
      find "$group" -name cgroup.procs -exec cat {} + 2> /dev/null | xargs -r kill -9 2> /dev/null
      find "$group" -depth -type d -exec rmdir {} + 2> /dev/null
      [ -d "$group" ] && sleep 0.1
    done
  done < "$run/cgroups"
  # After a power cut the kernel still swaps to the file of the dead host.
  grep -qs "/$HOST.swap" /proc/swaps && swapoff "$DIR/swap/$HOST.swap" 2> /dev/null
  rmdir "/run/systemd/nspawn/propagate/$LAB-$HOST" 2> /dev/null
  rm -f "$run/nspawn.pid" "$run/netns.pid"
}

# For good: also what the lab's hosts share, once the last of them is gone.
forget() {
  clean
  [ -f "$run/cgroups" ] && while read -r group; do rmdir "${group%/*}" "${group%/*/*}"; done < "$run/cgroups" 2> /dev/null
  rm -rf "$run"
}

network() {
  unshare --net sleep infinity &
  holder=$!
  until [ "$(readlink /proc/$holder/ns/net)" != "$(readlink /proc/self/ns/net)" ] && [ -d /proc/$holder ]; do sleep 0.01; done
  remember netns $holder
  inside() { nsenter --net=/proc/$holder/ns/net "$@"; }
  ip link add "$LINK" type veth peer name eth0 netns "$holder" || return 1
  ip link set "$LINK" master "$BRIDGE" up || return 1
  # As a fresh host has it; a namespace would inherit the machine's.
  inside sysctl -qw net.ipv4.ip_forward=0 net.ipv4.conf.all.forwarding=0 net.ipv4.conf.default.forwarding=0
  inside ip link set lo up
  inside ip link set eth0 address "$MAC" up
  local more
  inside ip addr add "$ADDRESS/$PREFIX" dev eth0 || return 1
  for more in ${MORE_ADDRESSES:-}; do inside ip addr add "$more/$PREFIX" dev eth0 || return 1; done
  inside ip route add default via "$GATEWAY"
}

# A subtree of its own in every hierarchy, or hosts would share cgroups. Together they weigh as much as four processes:
# all hosts of a lab would else get what one test beside them gets, and be slow in ways that no host of its own is.
cgroups() {
  : > "$run/cgroups"
  if [ -e /sys/fs/cgroup/cgroup.controllers ]; then
    local dir=/sys/fs/cgroup level
    for level in holdfast-lab "$LAB" "$HOST"; do
      for controller in $(< "$dir/cgroup.controllers"); do echo "+$controller" > "$dir/cgroup.subtree_control"; done 2> /dev/null
      dir=$dir/$level
      mkdir -p "$dir"
      [ "$level" = "$HOST" ] || echo 400 > "$dir/cpu.weight"
    done
    echo "$((100 * ${WEIGHT:-1}))" > "$dir/cpu.weight"
    enter "$dir"
    return
  fi
  local controllers path hierarchy base
  while IFS=: read -r _ controllers path; do
    hierarchy=/sys/fs/cgroup/${controllers#name=}
    [ -n "$controllers" ] || hierarchy=/sys/fs/cgroup/unified
    [ -d "$hierarchy" ] || continue
    base=$hierarchy${path%/}/holdfast-lab/$LAB
    if [ "$controllers" = cpuset ]; then
      mkdir -p "$base"
      for dir in "${base%/*}" "$base"; do
        cat "$hierarchy/cpuset.cpus" > "$dir/cpuset.cpus"
        cat "$hierarchy/cpuset.mems" > "$dir/cpuset.mems"
        echo 1 > "$dir/cgroup.clone_children"
      done
    fi
    mkdir -p "$base/$HOST"
    if [ -e "$base/cpu.shares" ]; then
      echo 4096 | tee "${base%/*}/cpu.shares" > "$base/cpu.shares"
      echo "$((1024 * ${WEIGHT:-1}))" > "$base/$HOST/cpu.shares"
    fi
    enter "$base/$HOST"
  done < /proc/self/cgroup
}

enter() {
  echo "$1" >> "$run/cgroups"
  echo "$BASHPID" > "$1/cgroup.procs" || echo "cannot enter $1"
}

boot() (
  remember nspawn "$BASHPID"
  cgroups
  export SYSTEMD_NSPAWN_API_VFS_WRITABLE=yes
  [ -n "${COMMAND_LINE:-}" ] && set -- --setenv=SYSTEMD_PROC_CMDLINE="$COMMAND_LINE" || set --
  exec systemd-nspawn --quiet --boot --register=no --keep-unit --directory="$DIR/root" --machine="$LAB-$HOST" \
    --hostname="$HOST" --network-namespace-path="/proc/$holder/ns/net" --resolv-conf=off --timezone=off \
    --link-journal=no --console=read-only --capability=all \
    --system-call-filter='@mount @keyring bpf perf_event_open @module @swap @raw-io @clock open_by_handle_at name_to_handle_at' \
    --bind=/dev/kmsg --bind=/dev/fuse --bind=/dev/net/tun \
    --bind="$DIR/containerd:/var/lib/containerd" --bind="$DIR/kubelet:/var/lib/kubelet" \
    --bind="$DIR/etcd:/var/lib/etcd" --bind="$DIR/export:/srv" --bind="$DIR/swap:/var/swap" "$@" < /dev/null
)

[ "${2:-}" = clean ] && { forget; exit 0; }
mkdir -p "$run"
remember supervisor $$
trap 'clean; rm -f "$run/supervisor.pid"' EXIT
mount -t overlay "holdfast-lab" -o "lowerdir=$BASE,upperdir=$DIR/disk,workdir=$DIR/work" "$DIR/root" || exit 1
while :; do
  clean
  network || exit 1
  boot
  code=$?
  echo "host ended with $code"
  [ "$code" = 133 ] || exit "$code"
done
