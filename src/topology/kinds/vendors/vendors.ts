import { vendorKind } from "./vendor.ts";

/**
 * Vendors' containers, each with where its facts can be checked: none of them was run. `capabilities` are those that the documentation
 * asks for one by one, or what its software is known to do where it asks for a privileged container.
 */

/** For systems that run systemd or manage the machine they believe to be theirs. */
const system = ["SYS_ADMIN", "SYS_PTRACE", "SYS_RESOURCE", "SYS_NICE", "IPC_LOCK", "NET_BROADCAST"];

/** Arista: "cEOS-lab in Containers" (arista.com), containerlab's kind arista_ceos, KNE's arista node. */
const ceosEnvironment = {
  CEOS: "1",
  EOS_PLATFORM: "ceoslab",
  ETBA: "1",
  INTFTYPE: "eth",
  SKIP_ZEROTOUCH_BARRIER_SYSDBINIT: "1",
  container: "docker",
};

export const aristaCeos = vendorKind({
  name: "arista-ceos",
  summary: "Arista cEOS-lab, in its container",
  container: {
    entrypoint: [
      "/sbin/init",
      ...Object.entries(ceosEnvironment).map(([key, value]) => `systemd.setenv=${key}=${value}`),
    ],
    environment: ceosEnvironment,
    capabilities: system,
    credentials: { user: "admin", password: "admin" },
    resources: { cpus: 0.5, memoryMiB: 1024 },
  },
  interfaces: { prefix: "eth", first: 1 },
  configPath: "/mnt/flash/startup-config",
  ready: ["Cli", "-p", "15", "-c", "show version"],
});

/** Nokia: learn.srlinux.dev, github.com/srl-labs. */
export const nokiaSrlinux = vendorKind({
  name: "nokia-srlinux",
  summary: "Nokia SR Linux, in its container",
  container: {
    image: "ghcr.io/nokia/srlinux:latest",
    command: ["sudo", "bash", "/opt/srlinux/bin/sr_linux"],
    environment: { SRLINUX: "1" },
    capabilities: system,
    credentials: { user: "admin", password: "NokiaSrl1!" },
    resources: { cpus: 0.5, memoryMiB: 2048 },
  },
  interfaces: { prefix: "e1-", first: 1 },
  configPath: "/etc/opt/srlinux/config.json",
  ready: ["sr_cli", "-d", "info from state system app-management application mgmt_server state"],
});

/** Cisco: xrdocs.io, "XRd: running in a container", and the XRd control plane's documented environment. */
export const ciscoXrd = vendorKind({
  name: "cisco-xrd",
  summary: "Cisco XRd control plane, in its container",
  container: {
    capabilities: [...system, "CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "MKNOD", "NET_BIND_SERVICE"],
    resources: { cpus: 1, memoryMiB: 2048 },
  },
  interfaces: { prefix: "eth", first: 1 },
  configPath: "/startup.cfg",
  environment: ({ node }) => ({
    XR_EVERY_BOOT_CONFIG: "/startup.cfg",
    XR_INTERFACES: node.interfaces
      .filter(({ name }) => name !== "lo")
      .map(({ name }, index) => `linux:${name},xr_name=Gi0/0/0/${index}`)
      .join(";"),
  }),
  ready: ["/pkg/bin/xr_cli", "show version"],
});

/** Juniper: "cRPD Deployment Guide" (juniper.net). */
export const juniperCrpd = vendorKind({
  name: "juniper-crpd",
  summary: "Juniper cRPD, routing without a forwarding plane of its own, in its container",
  container: {
    capabilities: ["SYS_ADMIN"],
    resources: { cpus: 1, memoryMiB: 512 },
  },
  interfaces: { prefix: "eth", first: 0 },
  configPath: "/config/juniper.conf",
  ready: ["cli", "show", "version"],
});

/** Juniper: KNE's juniper node, model cptx. Ports are channelized by eight from eth4 on: eth12 is et-0/0/1:0. */
export const juniperCptx = vendorKind({
  name: "juniper-cptx",
  summary: "Juniper cPTX, Junos OS Evolved, in its container",
  container: {
    entrypoint: ["/sbin/cevoCntrEntryPoint"],
    environment: { JUNOS_EVOLVED_CONTAINER: "1", CPTX_CPU_LIMIT: "8000m", CPTX_MEMORY_LIMIT: "8Gi" },
    capabilities: system,
    resources: { cpus: 8, memoryMiB: 8192 },
  },
  interfaces: { prefix: "eth", first: 4 },
  configPath: "/home/evo/configdisk/juniper.conf",
  ready: ["cli", "-c", "show version"],
});

/** Drivenets: KNE's drivenets node, model CDNOS. */
export const drivenetsCdnos = vendorKind({
  name: "drivenets-cdnos",
  summary: "Drivenets cDNOS, in its container",
  container: {
    entrypoint: ["/define_notif_net.sh"],
    capabilities: system,
    resources: { cpus: 0.5, memoryMiB: 1024 },
  },
  interfaces: { prefix: "eth", first: 1 },
  configPath: "/config_load/default",
});

/** SONiC: github.com/sonic-net/sonic-buildimage, platform/vs, docker-sonic-vs. */
export const sonicVs = vendorKind({
  name: "sonic-vs",
  summary: "SONiC with its virtual switch, docker-sonic-vs, in its container",
  container: {
    entrypoint: ["/usr/local/bin/supervisord"],
    capabilities: system,
    credentials: { user: "admin", password: "YourPaSsWoRd" },
    resources: { cpus: 1, memoryMiB: 1024 },
  },
  interfaces: { prefix: "eth", first: 1 },
  configPath: "/etc/sonic/config_db.json",
  ready: ["redis-cli", "ping"],
});

/** FRR: docs.frrouting.org, github.com/FRRouting/frr/tree/master/docker. */
export const frrContainer = vendorKind({
  name: "frr-container",
  summary: "FRR from its project's own image; a router with frr: needs none",
  container: {
    image: "quay.io/frrouting/frr:10.2.1",
    capabilities: ["SYS_ADMIN"],
    resources: { cpus: 0.5, memoryMiB: 256 },
  },
  interfaces: { prefix: "eth", first: 0 },
  configPath: "/etc/frr/frr.conf",
  ready: ["vtysh", "-c", "show version"],
});

/** VyOS: docs.vyos.io, "Running on Docker". */
export const vyos = vendorKind({
  name: "vyos",
  summary: "VyOS, in its container",
  container: {
    entrypoint: ["/sbin/init"],
    capabilities: [...system, "SYS_MODULE"],
    credentials: { user: "vyos", password: "vyos" },
    resources: { cpus: 1, memoryMiB: 1024 },
  },
  interfaces: { prefix: "eth", first: 1 },
  configPath: "/opt/vyatta/etc/config/config.boot",
  ready: ["/opt/vyatta/bin/vyatta-op-cmd-wrapper", "show", "version"],
});

/** OpenConfig: github.com/openconfig/lemming, KNE's openconfig node. gNMI and gRIBI are on the ports of RFC 6335's registry. */
export const openconfigLemming = vendorKind({
  name: "openconfig-lemming",
  summary: "OpenConfig lemming, a reference device with gNMI and gRIBI, in its container",
  container: {
    image: "us-west1-docker.pkg.dev/openconfig-lemming/release/lemming:ga",
    entrypoint: ["/lemming/lemming"],
    capabilities: ["SYS_ADMIN"],
    resources: { cpus: 0.5, memoryMiB: 1024 },
  },
  interfaces: { prefix: "eth", first: 1 },
});

/** Keysight: github.com/open-traffic-generator/ixia-c, the image with controller and engines in one. */
export const keysightIxiaC = vendorKind({
  name: "keysight-ixia-c",
  summary: "Keysight ixia-c, a traffic generator with the Open Traffic Generator API, in one container",
  container: {
    image: "ghcr.io/open-traffic-generator/ixia-c-one:latest",
    capabilities: system,
    resources: { cpus: 2, memoryMiB: 4096 },
  },
  interfaces: { prefix: "eth", first: 1 },
});

export const vendorKinds = [
  aristaCeos,
  nokiaSrlinux,
  ciscoXrd,
  juniperCrpd,
  juniperCptx,
  drivenetsCdnos,
  sonicVs,
  frrContainer,
  vyos,
  openconfigLemming,
  keysightIxiaC,
] as const;
