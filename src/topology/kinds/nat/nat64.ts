import { nftablesSoftware } from "../nftables.ts";
import { argv, textFile } from "../pieces.ts";
import type { Software } from "../software.ts";

export type Nat64Plan = {
  readonly prefix: string;
  readonly pool: string;
  /** An IPv4 address of the translator itself, in the pool (tayga.conf(5), ipv4-addr). */
  readonly poolAddress: string;
  readonly outside: string;
};

/** What its errors come from: it cannot be an address of the node's own (tayga.conf(5), ipv6-addr). */
const ownAddress = "fd64:ff9b::1";
const configPath = "/etc/tayga.conf";
/** The interface between the kernel and tayga. */
const device = "nat64";

/**
 * TAYGA translates between IPv6 and addresses of a pool, one for one (RFC 7915); the kernel then gives
 * those the outside address, which together makes it stateful (RFC 6146).
 */
export function nat64Software({ prefix, pool, poolAddress, outside }: Nat64Plan): Software {
  const rules = nftablesSoftware(
    `table ip nat {\n  chain postrouting {\n    type nat hook postrouting priority srcnat; policy accept;\n    ip saddr ${pool} oifname "${outside}" masquerade\n  }\n}\n`,
  );
  const config = [
    `tun-device ${device}`,
    `ipv4-addr ${poolAddress}`,
    `ipv6-addr ${ownAddress}`,
    `prefix ${prefix}`,
    `dynamic-pool ${pool}`,
    "data-dir /var/lib/tayga",
  ];
  return {
    ...rules,
    programs: [...rules.programs, { name: "tayga", package: "tayga" }, { name: "ip", package: "iproute2" }],
    needs: { devices: ["/dev/net/tun"] },
    directories: [{ path: "/var/lib/tayga", mode: 0o755 }],
    files: [...rules.files, textFile(configPath, `${config.join("\n")}\n`)],
    services: [
      {
        name: "tayga",
        command: {
          shell: `tayga -c ${configPath} --mktun && exec tayga -c ${configPath} --nodetach`,
        },
        ready: {
          intervalMs: 20,
          timeoutMs: 20_000,
          check: { type: "file", path: `/sys/class/net/${device}` },
        },
      },
    ],
    setup: [
      ...rules.setup,
      { what: "Bringing the translator's interface up", command: argv("ip", "link", "set", device, "up") },
      { what: "Routing IPv6 to the translator", command: argv("ip", "route", "replace", prefix, "dev", device) },
      { what: "Routing the pool to the translator", command: argv("ip", "route", "replace", pool, "dev", device) },
    ],
  };
}
