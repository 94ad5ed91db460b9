import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { decodeWithTshark, type Packet, parseCapture, readCapture } from "../../../src/testing/packets/index.ts";
import { captureFile } from "./capture-files.ts";
import { samples } from "./samples.ts";

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "netwright-tshark-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

const hasTshark = spawnSync("tshark", ["--version"]).status === 0;

const number = (text: string): number => Number(text);
const flag = (text: string): boolean => text === "1" || text === "True";
/** tshark's words for checksums: 0 bad, 1 good, 2 unverified, 3 not present. */
const checksum = (text: string): string =>
  ({ "0": "invalid", "1": "valid", "2": "unchecked", "3": "absent" })[text] ?? text;

/** tshark takes checksums that are left to the network card for wrong ones. */
const unlessPartial = (ours: string | undefined): string | undefined => (ours === "partial" ? "invalid" : ours);

type Field = {
  readonly field: string;
  readonly ours: (packet: Packet) => unknown;
  readonly read?: (text: string) => unknown;
};

/** The same fact under our name and tshark's. Of fields that occur several times, the first. */
const fields: readonly Field[] = [
  { field: "eth.src", ours: ({ ethernet }) => ethernet?.source },
  { field: "eth.dst", ours: ({ ethernet }) => ethernet?.destination },
  {
    field: "vlan.id",
    ours: ({ layers }) => layers.findLast((one) => one.layer === "vlan")?.id,
    read: number,
  },
  { field: "arp.opcode", ours: ({ arp }) => arp?.operationCode, read: number },
  { field: "arp.src.proto_ipv4", ours: ({ arp }) => arp?.senderIp },
  { field: "arp.dst.hw_mac", ours: ({ arp }) => arp?.targetMac },
  { field: "ip.src", ours: ({ ipv4 }) => ipv4?.source },
  { field: "ip.dst", ours: ({ ipv4 }) => ipv4?.destination },
  { field: "ip.ttl", ours: ({ ipv4 }) => ipv4?.ttl, read: number },
  { field: "ip.id", ours: ({ ipv4 }) => ipv4?.identification, read: number },
  { field: "ip.dsfield.dscp", ours: ({ ipv4 }) => ipv4?.dscp, read: number },
  { field: "ip.flags.mf", ours: ({ ipv4 }) => ipv4?.moreFragments, read: flag },
  { field: "ip.checksum.status", ours: ({ ipv4 }) => ipv4?.checksum, read: checksum },
  { field: "ipv6.src", ours: ({ ipv6 }) => ipv6?.source },
  { field: "ipv6.dst", ours: ({ ipv6 }) => ipv6?.destination },
  { field: "ipv6.hlim", ours: ({ ipv6 }) => ipv6?.hopLimit, read: number },
  { field: "ipv6.flow", ours: ({ ipv6 }) => ipv6?.flowLabel, read: number },
  { field: "ipv6.fraghdr.offset", ours: ({ ipv6 }) => ipv6?.fragment?.offset, read: (text) => number(text) * 8 },
  { field: "icmp.type", ours: ({ icmp }) => icmp?.type, read: number },
  { field: "icmp.seq", ours: ({ icmp }) => icmp?.sequence, read: number },
  { field: "icmp.mtu", ours: ({ icmp }) => icmp?.mtu, read: number },
  { field: "icmpv6.type", ours: ({ icmpv6 }) => icmpv6?.type, read: number },
  { field: "icmpv6.checksum.status", ours: ({ icmpv6 }) => icmpv6?.checksum, read: checksum },
  { field: "icmpv6.nd.ns.target_address", ours: ({ icmpv6 }) => (icmpv6?.type === 135 ? icmpv6.target : undefined) },
  { field: "icmpv6.nd.ra.router_lifetime", ours: ({ icmpv6 }) => icmpv6?.router?.lifetimeSeconds, read: number },
  { field: "icmpv6.opt.rdnss", ours: ({ icmpv6 }) => icmpv6?.options?.dnsServers?.[0] },
  {
    field: "icmpv6.mldr.mar.multicast_address",
    ours: ({ icmpv6 }) => (icmpv6?.type === 143 ? icmpv6.groups?.[0] : undefined),
  },
  { field: "tcp.srcport", ours: ({ tcp }) => tcp?.sourcePort, read: number },
  { field: "tcp.dstport", ours: ({ tcp }) => tcp?.destinationPort, read: number },
  { field: "tcp.seq_raw", ours: ({ tcp }) => tcp?.sequence, read: number },
  { field: "tcp.flags.syn", ours: ({ tcp }) => tcp?.flags.syn, read: flag },
  { field: "tcp.flags.push", ours: ({ tcp }) => tcp?.flags.psh, read: flag },
  { field: "tcp.flags.fin", ours: ({ tcp }) => tcp?.flags.fin, read: flag },
  { field: "tcp.window_size_value", ours: ({ tcp }) => tcp?.window, read: number },
  { field: "tcp.options.mss_val", ours: ({ tcp }) => tcp?.options.maxSegmentSize, read: number },
  { field: "tcp.options.wscale.shift", ours: ({ tcp }) => tcp?.options.windowScale, read: number },
  { field: "tcp.options.timestamp.tsval", ours: ({ tcp }) => tcp?.options.timestamps?.value, read: number },
  { field: "tcp.options.sack_le", ours: ({ tcp }) => tcp?.options.sack?.length, read: () => 1 },
  { field: "tcp.checksum.status", ours: ({ tcp }) => unlessPartial(tcp?.checksum), read: checksum },
  { field: "udp.checksum.status", ours: ({ udp }) => unlessPartial(udp?.checksum), read: checksum },
  { field: "vrrp.checksum.status", ours: ({ vrrp }) => vrrp?.checksum, read: checksum },
  { field: "tcp.len", ours: ({ tcp }) => tcp?.payloadLength, read: number },
  {
    field: "dhcp.option.dhcp",
    ours: ({ dhcp }) => dhcp && ["", "discover", "offer"].indexOf(dhcp.messageType ?? ""),
    read: number,
  },
  { field: "dhcp.ip.your", ours: ({ dhcp }) => dhcp?.yourIp },
  { field: "dhcp.option.ip_address_lease_time", ours: ({ dhcp }) => dhcp?.options.leaseSeconds, read: number },
  { field: "dhcp.option.hostname", ours: ({ dhcp }) => dhcp?.options.hostName },
  { field: "dhcpv6.iaaddr.ip", ours: ({ dhcpv6 }) => dhcpv6?.options.addresses?.[0]?.leases[0]?.value },
  {
    field: "dhcpv6.iaprefix.pref_addr",
    ours: ({ dhcpv6 }) => dhcpv6?.options.prefixes?.[0]?.leases[0]?.value.replace(/\/.*/, ""),
  },
  { field: "dns.id", ours: ({ dns }) => dns?.id, read: number },
  { field: "dns.qry.name", ours: ({ dns }) => dns?.questions[0]?.name },
  { field: "dns.cname", ours: ({ dns }) => dns?.answers.find(({ type }) => type === "CNAME")?.data },
  { field: "dns.a", ours: ({ dns }) => dns?.answers.find(({ type }) => type === "A")?.data },
  { field: "dns.aaaa", ours: ({ dns }) => dns?.answers.find(({ type }) => type === "AAAA")?.data },
  { field: "dns.mx.mail_exchange", ours: ({ dns }) => dns?.answers.find(({ mx }) => mx)?.mx?.exchange },
  { field: "dns.srv.target", ours: ({ dns }) => dns?.answers.find(({ srv }) => srv)?.srv?.target },
  { field: "dns.count.add_rr", ours: ({ dns }) => dns?.additionals.length, read: number },
  { field: "lldp.tlv.system.name", ours: ({ lldp }) => lldp?.systemName },
  { field: "lldp.time_to_live", ours: ({ lldp }) => lldp?.ttlSeconds, read: number },
  { field: "lldp.mgn.addr.ip4", ours: ({ lldp }) => lldp?.managementAddresses[0] },
  { field: "stp.root.hw", ours: ({ stp }) => stp?.root?.mac },
  { field: "stp.bridge.ext", ours: ({ stp }) => stp?.bridge?.extension, read: number },
  { field: "stp.port", ours: ({ stp }) => stp?.portId, read: number },
  { field: "stp.forward", ours: ({ stp }) => stp?.forwardDelayMs, read: (text) => number(text) * 1000 },
  { field: "lacp.actor.sysid", ours: ({ lacp }) => lacp?.actor.system },
  { field: "lacp.partner.key", ours: ({ lacp }) => lacp?.partner.key, read: number },
  { field: "lacp.actor.state.collecting", ours: ({ lacp }) => lacp?.actor.state.collecting, read: flag },
  { field: "eapol.len", ours: ({ eapol }) => eapol?.length, read: number },
  { field: "eap.identity", ours: ({ eapol }) => eapol?.eap?.identity },
  { field: "ospf.srcrouter", ours: ({ ospf }) => ospf?.routerId },
  { field: "ospf.msg", ours: ({ ospf }) => ospf && ospfTypes.indexOf(ospf.type), read: number },
  { field: "ospf.hello.hello_interval", ours: ({ ospf }) => ospf?.hello?.helloSeconds, read: number },
  { field: "ospf.hello.designated_router", ours: ({ ospf }) => ospf?.hello?.designatedRouter },
  { field: "ospf.hello.active_neighbor", ours: ({ ospf }) => ospf?.hello?.neighbors[0] },
  { field: "bgp.type", ours: ({ bgp }) => bgp && bgpTypes.indexOf(bgp.type), read: number },
  { field: "bgp.length", ours: ({ bgp }) => bgp?.length, read: number },
  { field: "bgp.open.identifier", ours: ({ bgp }) => bgp?.open?.routerId },
  { field: "bgp.open.holdtime", ours: ({ bgp }) => bgp?.open?.holdSeconds, read: number },
  { field: "bgp.cap.4as", ours: ({ bgp }) => bgp?.open?.asn, read: number },
  { field: "bgp.notify.major_error", ours: ({ bgp }) => bgp?.notification?.code, read: number },
  { field: "vrrp.virt_rtr_id", ours: ({ vrrp }) => vrrp?.routerId, read: number },
  { field: "vrrp.prio", ours: ({ vrrp }) => vrrp?.priority, read: number },
  { field: "vrrp.ip_addr", ours: ({ vrrp, ipv4 }) => ipv4 && vrrp?.addresses[0] },
];
const ospfTypes = [
  "",
  "hello",
  "database-description",
  "link-state-request",
  "link-state-update",
  "link-state-acknowledgement",
];
const bgpTypes = ["", "open", "update", "notification", "keepalive", "route-refresh"];

async function compare(file: string, packets: readonly Packet[]): Promise<ReadonlySet<string>> {
  const records = await decodeWithTshark(file, { fields: fields.map(({ field }) => field), preferences });
  expect(records).toHaveLength(packets.length);
  const seen = new Set<string>();
  const differences: unknown[] = [];
  for (const [index, packet] of packets.entries()) {
    for (const { field, ours, read = (text: string) => text } of fields) {
      const text = records[index]?.[field]?.[0];
      // Of a packet inside an ICMP error, tshark says the same as of the one around it.
      if (packet.icmp?.quoted !== undefined && /^(udp|dns|tcp)\./.test(field)) continue;
      if (text !== undefined) seen.add(field);
      const theirs = text === undefined ? undefined : read(text);
      if (theirs !== ours(packet)) differences.push({ number: packet.number, field, ours: ours(packet), theirs });
    }
  }
  expect(differences).toEqual([]);
  return seen;
}

/** Checks that tshark does not make unless told; and fragments as they are. */
const preferences = [
  "ip.check_checksum:TRUE",
  "tcp.check_checksum:TRUE",
  "udp.check_checksum:TRUE",
  "ip.defragment:FALSE",
  "ipv6.defragment:FALSE",
];

describe("tshark", () => {
  it("reads the same in frames of every layer", async ({ skip }) => {
    if (!hasTshark) skip("tshark is not installed");
    const bytes = captureFile(Object.values(samples).map((sample) => ({ bytes: sample })));
    const file = join(folder, "samples.pcapng");
    writeFileSync(file, bytes);
    const seen = await compare(file, parseCapture(bytes).packets);
    const unseen = fields.map(({ field }) => field).filter((field) => !seen.has(field));
    expect(unseen).toEqual(["icmpv6.nd.ns.target_address", "icmpv6.mldr.mar.multicast_address"]);
  });

  it("reads the same in what routers said to one another", async ({ skip }) => {
    if (!hasTshark) skip("tshark is not installed");
    const file = join(import.meta.dirname, "golden/routers.pcapng");
    const { packets } = await readCapture(file);
    const seen = await compare(file, packets);
    for (const field of [
      "ospf.hello.active_neighbor",
      "bgp.cap.4as",
      "vrrp.prio",
      "icmpv6.mldr.mar.multicast_address",
    ]) {
      expect(seen).toContain(field);
    }
  });

  it("decodes what is asked for, of the packets that pass the filter", async ({ skip }) => {
    if (!hasTshark) skip("tshark is not installed");
    const file = join(folder, "filter.pcapng");
    writeFileSync(file, captureFile([samples["udp payload"], samples["tcp syn"]].map((bytes) => ({ bytes }))));
    const records = await decodeWithTshark(file, { filter: "udp", fields: ["udp.dstport", "tcp.dstport"] });
    expect(records).toEqual([{ "udp.dstport": ["5000"], "tcp.dstport": [] }]);
    const asDns = await decodeWithTshark(file, { decodeAs: ["udp.port==5000,dns"], fields: ["frame.protocols"] });
    expect(asDns[0]?.["frame.protocols"]).toEqual([expect.stringContaining("dns")]);
    expect(await decodeWithTshark(file, { filter: "arp", fields: ["eth.src"] })).toEqual([]);
    await expect(decodeWithTshark(file, { fields: ["no.such.field"] })).rejects.toMatchObject({
      code: "TSHARK_FAILED",
      message: expect.stringContaining("no.such.field") as string,
    });
    await expect(decodeWithTshark(file, { filter: "udp &&& tcp", fields: ["eth.src"] })).rejects.toMatchObject({
      code: "TSHARK_FAILED",
    });
    await expect(decodeWithTshark(join(folder, "none"), { fields: ["eth.src"] })).rejects.toMatchObject({
      code: "TSHARK_FAILED",
    });
  });

  it("is asked for when it is not there", async () => {
    const options = { program: join(folder, "tshark"), fields: ["eth.src"] } as const;
    await expect(decodeWithTshark("a.pcapng", options)).rejects.toMatchObject({
      code: "TSHARK_MISSING",
      remedy: expect.stringContaining("apt-get install tshark") as string,
    });
  });

  it("is given up at its deadline", async () => {
    const program = join(folder, "slow");
    writeFileSync(program, "#!/bin/sh\nexec sleep 60\n", { mode: 0o755 });
    await expect(decodeWithTshark("a.pcapng", { program, fields: ["eth.src"], timeoutMs: 100 })).rejects.toMatchObject({
      code: "TSHARK_FAILED",
      message: expect.stringContaining("longer than 100 ms") as string,
    });
  });
});
