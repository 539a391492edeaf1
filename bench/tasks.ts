/**
 * The six tasks of the comparison, as one would write them for a shell: look, and change only what differs. They do what
 * holdfast's steps of the same name do, without looking again afterwards.
 */
export const shellTasks = (publicKey: string): readonly string[] => [
  // connect
  'uname -r && sudo -n true',
  // disable-swap
  `sudo sh -c 'if [ "$(wc -l < /proc/swaps)" -gt 1 ] || grep -qE "^[^#]\\S*\\s+\\S+\\s+swap\\s" /etc/fstab; then sed -i -E "/^[^#]\\S*\\s+\\S+\\s+swap\\s/s/^/# /" /etc/fstab; swapoff -a; fi'`,
  // enable-ip-forwarding
  `sudo sh -c 'f=/etc/sysctl.d/zz-bench.conf; grep -qsx "net.ipv4.ip_forward = 1" $f || echo "net.ipv4.ip_forward = 1" > $f; [ "$(cat /proc/sys/net/ipv4/ip_forward)" = 1 ] || sysctl -q -p $f'`,
  // load-kernel-modules
  `sudo sh -c 'f=/etc/modules-load.d/bench.conf; printf "overlay\\nbr_netfilter\\n" | cmp -s - $f || printf "overlay\\nbr_netfilter\\n" > $f; modprobe -a overlay br_netfilter'`,
  // install-packages
  `dpkg-query -W -f '\${db:Status-Status}\\n' ${benchPackages.join(' ')} | grep -qv '^installed$' && sudo apt-get -q -y install ${benchPackages.join(' ')} || true`,
  // trust-bastion
  `grep -qxF '${publicKey}' ~/.ssh/authorized_keys || echo '${publicKey}' >> ~/.ssh/authorized_keys`,
];

/** What a node needs; on the hosts before the first round, so that no mirror is measured. */
export const benchPackages = [
  'conntrack',
  'ebtables',
  'socat',
  'iptables',
  'ipset',
  'rsync',
  'curl',
  'openssl',
];

/** Back to a host that nobody has prepared. Packages stay. */
export const undo = `set -e
sed -i 's/^# \\(.*swap.*\\)/\\1/' /etc/fstab
systemctl daemon-reload
swapon -a
rm -f /etc/sysctl.d/zz-bench.conf /etc/sysctl.d/zz-holdfast.conf /etc/modules-load.d/bench.conf /etc/modules-load.d/holdfast.conf
sysctl -q -w net.ipv4.ip_forward=0
sed -i '/bench-key$/d; /holdfast:/d' ~ubuntu/.ssh/authorized_keys`;
