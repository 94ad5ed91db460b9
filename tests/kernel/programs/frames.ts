/** Frames that devices like to keep to themselves, change or drop, by name. `source` tells ours from the kernel's own. */
export function frames(source: string, mtu: number): Record<string, Buffer> {
  const frame = (destination: string, type: number, payload: Buffer) =>
    Buffer.concat([Buffer.from(destination + source, "hex"), Buffer.from([type >> 8, type & 0xff]), payload]);
  const unicast = "02aaaaaaaa01";
  const filled = (bytes: number) => Buffer.from(Array.from({ length: bytes }, (_, index) => (index * 7 + 3) & 0xff));
  const vlan = (tag: number, type: number, payload: Buffer) =>
    Buffer.concat([Buffer.from([tag >> 8, tag & 0xff, type >> 8, type & 0xff]), payload]);
  return {
    smallest: frame(unicast, 0x88b5, Buffer.alloc(0)),
    full: frame(unicast, 0x88b5, filled(mtu)),
    broadcast: frame("ffffffffffff", 0x88b5, filled(46)),
    vlan: frame(unicast, 0x8100, vlan(0x6064, 0x88b5, filled(mtu))),
    "vlan 0": frame(unicast, 0x8100, vlan(0xe000, 0x88b5, filled(64))),
    "two vlans": frame(unicast, 0x88a8, vlan(200, 0x8100, vlan(100, 0x88b5, filled(400)))),
    lldp: frame("0180c200000e", 0x88cc, filled(100)),
    // LLC: length instead of type, then 42 42 03 and the BPDU.
    stp: frame("0180c2000000", 38, Buffer.concat([Buffer.from("424203", "hex"), filled(43)])),
    lacp: frame("0180c2000002", 0x8809, Buffer.concat([Buffer.from([1, 1]), filled(108)])),
    "802.1x": frame("0180c2000003", 0x888e, filled(46)),
    pause: frame("0180c2000001", 0x8808, Buffer.concat([Buffer.from([0, 1, 0xff, 0xff]), Buffer.alloc(42)])),
    // A header that lies about its length and a wrong checksum: nothing of ours may look.
    "broken ipv4": frame(
      unicast,
      0x0800,
      Buffer.concat([Buffer.from("4500ffff00004000400600000a0000010a000002", "hex"), filled(26)]),
    ),
  };
}
