import type { Findings } from "../findings.ts";
import type { Path } from "../source/source.ts";
import {
  endpointOf,
  hasFamily,
  type InterfaceDraft,
  isLo,
  type LabDraft,
  type LinkDraft,
  type MtuGroup,
} from "./draft.ts";

const defaultMtu = 1500;
/** Of the loopback interface (loopback_setup in drivers/net/loopback.c). */
const loopbackMtu = 65_536;
/** RFC 791 and RFC 8200, section 5; the kernel refuses less. */
const minimumMtu = { ipv4: 68, ipv6: 1280 };
/** The most that the kernel gives a veth interface (ETH_MAX_MTU). */
const maximumMtu = 65_535;

/** Settles the MTU of every link: as given, else the largest that an end asks for, else the lab's. */
export function settleMtus(draft: LabDraft, given: number | undefined, findings: Findings): void {
  const labMtu = given ?? defaultMtu;
  if (given !== undefined) check(given, false, ["defaults", "mtu"], findings);
  const groups = new Map<MtuGroup, LinkDraft[]>();
  for (const link of draft.links) {
    const links = groups.get(link.mtu);
    if (links === undefined) groups.set(link.mtu, [link]);
    else links.push(link);
  }
  for (const [group, links] of groups) {
    if (group.given !== undefined) {
      const ipv6 = links.some(({ a, b }) => [a, b].some((end) => end.mtu === undefined && hasFamily(end, 6)));
      check(group.given, ipv6, group.path, findings);
    }
    let asked = 0;
    for (const { a, b } of links) asked = Math.max(asked, a.mtu ?? 0, b.mtu ?? 0);
    group.resolved = group.given ?? (asked > 0 ? asked : labMtu);
  }
  for (const node of draft.nodes.values()) {
    for (const one of node.interfaces.values()) {
      if (one.mtu === undefined || isLo(one)) continue;
      const path = [...one.path, "mtu"];
      check(one.mtu, hasFamily(one, 6), path, findings);
      const linkMtu = one.link?.mtu.resolved;
      if (linkMtu !== undefined && one.mtu > linkMtu) {
        findings.warn("MTU_ABOVE_LINK", { endpoint: endpointOf(one), mtu: one.mtu, linkMtu }, path);
      }
    }
  }
}

/** The MTU of an interface once links have theirs. */
export function mtuOf(one: InterfaceDraft, labMtu: number | undefined): number {
  return isLo(one) ? loopbackMtu : (one.mtu ?? one.link?.mtu.resolved ?? labMtu ?? defaultMtu);
}

function check(mtu: number, ipv6: boolean, path: Path, findings: Findings): void {
  const minimum = ipv6 ? minimumMtu.ipv6 : minimumMtu.ipv4;
  if (mtu < minimum || mtu > maximumMtu)
    findings.error("MTU_OUT_OF_RANGE", { mtu, minimum, maximum: maximumMtu, ipv6 }, path);
}
