/** Which FRR daemon a line of configuration belongs to, in the order they start (docs.frrouting.org, "Integrated Config"). */
const daemonsByLine: readonly (readonly [daemon: string, line: RegExp])[] = [
  ["bgpd", /^\s*router bgp\b|^\s*(ip|ipv6|no)?\s*(bgp|as-path)\b/],
  ["ospfd", /^\s*router ospf\b|^\s*(no )?ip ospf\b/],
  ["ospf6d", /^\s*router ospf6\b|^\s*(no )?ipv6 ospf6\b/],
  ["ripd", /^\s*router rip\b|^\s*(no )?ip rip\b/],
  ["ripngd", /^\s*router ripng\b|^\s*(no )?ipv6 ripng\b/],
  ["isisd", /^\s*router isis\b|^\s*(no )?(ip|ipv6) router isis\b/],
  ["pimd", /^\s*(no )?ip (pim|igmp|msdp)\b/],
  ["pim6d", /^\s*(no )?ipv6 (pim|mld)\b/],
  ["ldpd", /^\s*mpls ldp\b/],
  ["eigrpd", /^\s*router eigrp\b/],
  ["babeld", /^\s*router babel\b|^\s*(no )?babel\b/],
  ["fabricd", /^\s*router openfabric\b/],
  ["nhrpd", /^\s*(no )?(ip|ipv6) nhrp\b/],
  ["vrrpd", /^\s*(no )?vrrp\b/],
  ["pbrd", /^\s*(no )?(pbr|pbr-map|pbr-policy)\b/],
  ["bfdd", /^\s*bfd\b|\bbfd$|\bbfd profile\b/],
  ["pathd", /^\s*segment-routing\b/],
];

/**
 * The FRR daemons a configuration needs, in start order: always zebra and staticd, mgmtd where this
 * FRR has it (since 9.0 it holds the configuration of the others).
 *
 * @param config text of frr.conf
 * @param installed whether FRR on this machine has a daemon
 */
export function frrDaemons(config: string, installed: (daemon: string) => boolean): readonly string[] {
  const lines = config.split("\n").filter((line) => !/^\s*[!#]/.test(line));
  const asked = daemonsByLine
    .filter(([, pattern]) => lines.some((line) => pattern.test(line)))
    .map(([daemon]) => daemon);
  return ["zebra", ...(installed("mgmtd") ? ["mgmtd"] : []), "staticd", ...asked];
}
