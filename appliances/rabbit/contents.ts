/** What Rabbit is made of. To make an appliance of your own, begin here. */

export const name = "rabbit";

/** Stands for the newest kernel of its kind. Debian's other one (linux-image-amd64) has drivers for e1000, too. */
export const usualKernel = "linux-image-cloud-amd64";

/**
 * Every command that no other program here has is a link to it. Its shell would take its own commands
 * before those of packages (ip, tc), so shells are Debian's: dash for scripts, bash for people.
 */
export const busybox = { package: "busybox-static", program: "/usr/bin/busybox" } as const;

/** Programs and other files, by the package they are from. Libraries come by themselves. */
export const programs: Readonly<Record<string, readonly string[]>> = {
  bash: ["/usr/bin/bash"],
  conntrack: ["/usr/sbin/conntrack"],
  dash: ["/usr/bin/dash"],
  ethtool: ["/usr/sbin/ethtool"],
  iperf3: ["/usr/bin/iperf3"],
  iproute2: ["/usr/bin/ip", "/usr/bin/ss", "/usr/sbin/bridge", "/usr/sbin/tc", "/etc/iproute2/rt_tables"],
  ipvsadm: ["/usr/sbin/ipvsadm"],
  jq: ["/usr/bin/jq"],
  keepalived: ["/usr/sbin/keepalived"],
  netbase: ["/etc/protocols", "/etc/services"],
  nftables: ["/usr/sbin/nft"],
  "qemu-guest-agent": ["/usr/sbin/qemu-ga"],
  tcpdump: ["/usr/bin/tcpdump"],
};

/** Kernel modules by name; those that a kernel has built in, or has not, are left out. */
export const modules: readonly string[] = [
  // What virtual machines have.
  ...["virtio_pci", "virtio_mmio", "virtio_net", "virtio_blk", "virtio_scsi", "virtio_console", "virtio_rng"],
  ...["e1000", "e1000e", "igb", "rtl8139", "8139cp", "vmxnet3"],
  ...["ahci", "ata_piix", "nvme", "sd_mod", "sr_mod", "isofs", "vfat", "nls_cp437", "nls_iso8859_1", "nls_ascii"],
  ...["button", "evdev", "pvpanic_mmio", "pvpanic_pci", "qemu_fw_cfg"],
  // Interfaces of other kinds.
  ...["8021q", "bonding", "bridge", "br_netfilter", "dummy", "geneve", "gre", "ifb", "ip_gre", "ip6_gre", "ip6_tunnel"],
  ...["ipip", "ipvlan", "macvlan", "sit", "tun", "veth", "vrf", "vxlan", "wireguard", "tcp_bbr"],
  ...["af_packet_diag", "inet_diag", "tcp_diag", "udp_diag", "unix_diag"],
];

/** Folders of modules, below the kernel's. */
export const moduleFolders: readonly string[] = [
  "net/sched",
  "net/netfilter",
  "net/ipv4/netfilter",
  "net/ipv6/netfilter",
];

/** Of those, what only iptables and ipset use, which are not here. */
export const leftOut = /^(xt_|x_tables|ip_?tables|ip6_?tables|ipt_|ip6t_|arpt_|arp_?tables|ip6?table_|ip_set)/;

/** Of its own beside these files: root/. The password is "rabbit" (crypt(5), SHA-256). */
export const accounts = {
  "/etc/passwd": "root:x:0:0:root:/root:/bin/bash\n",
  "/etc/shadow": "root:$5$rabbit$f4CbrslbdsymyfEU9sftqB2ymf/0OCtQAlMZm.hhWBA:20000:0:99999:7:::\n",
} as const;

/** For the boot loader's kernel; who starts the kernel without it passes the like. */
export const commandLine = "console=ttyS0 quiet";
