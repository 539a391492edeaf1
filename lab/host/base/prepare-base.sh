#!/bin/bash
# Makes a fresh Debian root into the image of a bare-metal server: a user, quiet services, the facts of this kernel.
# Usage: prepare-base.sh ROOT
set -euo pipefail
root=$1
assets=$(dirname "$0")

chroot "$root" useradd --create-home --shell /bin/bash ubuntu
install -m 440 /dev/stdin "$root/etc/sudoers.d/lab" <<< 'ubuntu ALL=(ALL) NOPASSWD:ALL'

# Every host gets its own identity later.
rm -f "$root"/etc/ssh/ssh_host_*_key* "$root/etc/hostname" "$root/etc/resolv.conf" "$root/var/lib/dbus/machine-id"
: > "$root/etc/machine-id"

# What a container must not do to the machine that it shares.
systemctl --root="$root" -q mask systemd-networkd.service systemd-udevd.service systemd-udev-trigger.service \
  systemd-udevd-kernel.socket systemd-udevd-control.socket systemd-timesyncd.service sys-kernel-debug.mount \
  sys-kernel-tracing.mount console-getty.service apt-daily.timer apt-daily-upgrade.timer e2scrub_all.timer \
  fstrim.timer networking.service systemd-rfkill.service systemd-rfkill.socket
systemctl --root="$root" -q disable containerd.service nftables.service 2> /dev/null || true

# The clock is the machine's own: chrony runs as on any server, but never sets it.
sed -i 's/^DAEMON_OPTS=.*/DAEMON_OPTS="-F 1 -x"/' "$root/etc/default/chrony"
printf 'local stratum 10\ndriftfile /var/lib/chrony/chrony.drift\n' > "$root/etc/chrony/chrony.conf"

# modprobe says yes for what is compiled in. br_netfilter is not in the list: Ansible's modprobe wants /proc/modules,
# which a kernel without loadable modules has not, so `modinfo br_netfilter` must fail while modprobe succeeds.
kernel=$(uname -r)
if [ ! -e /proc/modules ]; then
  mkdir -p "$root/lib/modules/$kernel"
  for module in overlay nf_conntrack vxlan ip_tables iptable_nat iptable_filter iptable_mangle nf_tables xt_comment \
    xt_conntrack xt_set ip_set configs veth bridge tun fuse; do
    echo "kernel/lab/$module.ko"
  done > "$root/lib/modules/$kernel/modules.builtin"
  : > "$root/lib/modules/$kernel/modules.order"
  chroot "$root" depmod "$kernel"
fi
[ -d /proc/sys/net/bridge ] && echo 'install br_netfilter /bin/true' > "$root/etc/modprobe.d/lab.conf"

# Log in as soon as sshd answers, not "System is booting up".
install -D -m 644 /dev/stdin "$root/etc/systemd/system/ssh.service.d/lab.conf" <<< $'[Unit]\nAfter=systemd-user-sessions.service'
install -D -m 644 /dev/stdin "$root/etc/systemd/journald.conf.d/lab.conf" <<< $'[Journal]\nStorage=volatile\nRuntimeMaxUse=16M'
install -D -m 644 /dev/stdin "$root/etc/ssh/sshd_config.d/lab.conf" <<< $'PasswordAuthentication no\nUseDNS no'

for unit in lab-prepare lab-swap; do
  install -m 644 "$assets/$unit.service" "$root/etc/systemd/system/$unit.service"
  systemctl --root="$root" -q enable "$unit.service"
done
install -D -m 755 "$assets/lab-prepare" "$root/usr/lib/holdfast-lab/prepare"
install -D -m 755 "$assets/swap-view" "$root/usr/lib/holdfast-lab/swap-view"
for command in swapon swapoff; do
  chroot "$root" dpkg-divert --quiet --local --rename --divert "/usr/lib/holdfast-lab/$command" --add "/sbin/$command"
  ln -sf ../lib/holdfast-lab/swap-view "$root/usr/sbin/$command"
done

# Where the kernel has no NFS, mounts go to a program of the lab over FUSE, also after nfs-common was installed.
if ! grep -qw nfs /proc/filesystems && ! modprobe -qn nfs 2> /dev/null; then
  for command in mount.nfs mount.nfs4 umount.nfs umount.nfs4; do
    chroot "$root" dpkg-divert --quiet --local --rename --divert "/usr/lib/holdfast-lab/kernel/$command" --add "/sbin/$command"
  done
  mkdir -p "$root/usr/lib/holdfast-lab/kernel"
  ln -s ../lib/holdfast-lab/mount.nfs "$root/usr/sbin/mount.nfs"
  ln -s ../lib/holdfast-lab/mount.nfs "$root/usr/sbin/mount.nfs4"
fi
systemctl --root="$root" -q enable ssh.service
# As lists of a fresh host: Ansible would take those of the base image for new, and ask no mirror for its own.
touch -d @0 "$root/var/lib/apt/lists"
