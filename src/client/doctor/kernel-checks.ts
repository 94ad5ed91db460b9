import type { Check } from "./check.ts";
import { type Distribution, installCommand } from "./distribution.ts";

/** A kernel feature as the probe names it. */
type Feature = {
  readonly feature: string;
  readonly name: string;
  readonly neededFor: string;
  readonly required?: true;
  readonly module?: string;
};

const features: readonly Feature[] = [
  { feature: "veth", name: "Kernel: veth", neededFor: "every interface of every node", required: true, module: "veth" },
  {
    feature: "proc",
    name: "Kernel: /proc in a sandbox",
    neededFor: "every lab: processes of the sandbox are seen there",
    required: true,
  },
  { feature: "tmpfs", name: "Kernel: tmpfs", neededFor: "every node's own folders", required: true },
  {
    feature: "redirect",
    name: "Kernel: clsact, u32, mirred",
    neededFor: "links between two machines",
    required: true,
    module: "act_mirred",
  },
  { feature: "bridge", name: "Kernel: bridge", neededFor: "switches", module: "bridge" },
  {
    feature: "overlay",
    name: "Kernel: overlayfs",
    neededFor: "nodes from images; a node's own /etc over the host's",
    module: "overlay",
  },
  {
    feature: "netem",
    name: "Kernel: netem",
    neededFor: "delay and loss of links in the kernel; without, a process of the lab does it",
    module: "sch_netem",
  },
  {
    feature: "tbf",
    name: "Kernel: tbf",
    neededFor: "rate limits of links in the kernel; without, a process of the lab does it",
    module: "sch_tbf",
  },
  { feature: "ifb", name: "Kernel: ifb", neededFor: "impairments of what an interface receives", module: "ifb" },
  { feature: "vxlan", name: "Kernel: vxlan", neededFor: "links between hosts, and VXLAN inside labs", module: "vxlan" },
  { feature: "vlan", name: "Kernel: VLAN devices", neededFor: "VLAN interfaces inside nodes", module: "8021q" },
  { feature: "vrf", name: "Kernel: VRF", neededFor: "several routing tables in a router", module: "vrf" },
  { feature: "dummy", name: "Kernel: dummy", neededFor: "dummy interfaces inside nodes", module: "dummy" },
  { feature: "wireguard", name: "Kernel: WireGuard", neededFor: "WireGuard inside labs", module: "wireguard" },
  {
    feature: "nftables",
    name: "Kernel: nftables",
    neededFor: "partitions at switches; firewalls and NAT inside nodes",
    module: "nf_tables",
  },
];

/** What the kernel can do, as the probe found by trying. */
export const kernelChecks: readonly Check[] = features.map(({ feature, name, neededFor, required, module }) => ({
  name,
  neededFor,
  ...(required === undefined ? {} : { required }),
  find: ({ kernel, distribution }) => {
    const finding = kernel?.[feature];
    if (finding === undefined) return { status: "unknown", detail: "cannot be tried without a sandbox" };
    if (finding.ok && feature === "overlay" && kernel?.["overlay-etc"]?.ok === false)
      return {
        status: "ok",
        detail: "works, but not over /etc, in which something is mounted: nodes have copies of it",
      };
    if (finding.ok) return { status: "ok", detail: "works" };
    const mend = mendFor(finding.detail ?? "", module, distribution);
    return {
      status: "missing",
      detail: tidy(finding.detail ?? "does not work"),
      ...(mend === undefined ? {} : { mend }),
    };
  },
}));

/** As the tools and Node say it, without their own prefixes. */
const tidy = (detail: string): string =>
  detail.replace(/^Error: /, "").replace(/^spawnSync (\S+) (?:ENOENT|EACCES)$/, "cannot be tried: $1 is not installed");

function mendFor(detail: string, module: string | undefined, distribution: Distribution): string | undefined {
  const program = /spawnSync (ip|tc|nft) (?:ENOENT|EACCES)/.exec(detail)?.[1];
  if (program === "nft") return installCommand(distribution, { debian: "nftables" });
  if (program !== undefined) return installCommand(distribution, { debian: "iproute2", fedora: "iproute iproute-tc" });
  // A sandbox's own processes may not load modules; those that are loaded work in it.
  return module === undefined ? undefined : `sudo modprobe ${module} (a kernel without this module cannot do it)`;
}

/** Taps are made through a device file, which may be closed to this user. */
export const tapCheck: Check = {
  name: "/dev/net/tun",
  neededFor: "virtual machines",
  find: async ({ kernel }) => {
    const { access, constants, stat } = await import("node:fs/promises");
    const device = "/dev/net/tun";
    const exists = await stat(device).then(
      () => true,
      () => false,
    );
    if (!exists) return { status: "missing", detail: `there is no ${device}`, mend: "sudo modprobe tun" };
    const open = await access(device, constants.R_OK | constants.W_OK).then(
      () => true,
      () => false,
    );
    const finding = kernel?.["tap"];
    if (finding?.ok) return { status: "ok", detail: "taps can be made" };
    if (!open || /EACCES|EPERM/.test(finding?.detail ?? "")) {
      return {
        status: "missing",
        detail: `${device} is closed to you`,
        mend: `echo 'KERNEL=="tun", MODE="0666"' | sudo tee /etc/udev/rules.d/60-netwright.rules && sudo chmod 666 ${device}`,
      };
    }
    if (finding === undefined) return { status: "unknown", detail: "cannot be tried without a sandbox" };
    return { status: "missing", detail: finding.detail ?? "taps cannot be made" };
  },
};
