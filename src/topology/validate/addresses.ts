import { type Cidr, cidrKey, contains, formatAddress, formatCidr, hostRange, networkOf } from "../address.ts";
import type { Findings } from "../findings.ts";
import { endpointOf, type InterfaceDraft } from "../resolve/draft.ts";
import type { Segment, Segments } from "../resolve/segments.ts";

/** No address, of either layer, twice on one segment. */
export function validateAddresses(segments: Segments, findings: Findings): void {
  for (const segment of segments.all) {
    const addresses = new Map<string, InterfaceDraft>();
    const macs = new Map<string, InterfaceDraft>();
    for (const one of segment.interfaces) {
      for (const { cidr, path } of one.addresses) {
        const key = cidrKey({ ...cidr, length: 0 });
        const owner = addresses.get(key);
        if (owner !== undefined) {
          const free = freeAddress(cidr, segment);
          const details = {
            address: formatAddress(cidr),
            endpoint: endpointOf(one),
            by: endpointOf(owner),
            ...(free === undefined ? {} : { free }),
          };
          findings.error("ADDRESS_TAKEN", details, path);
        } else addresses.set(key, one);
      }
      if (one.mac === undefined) continue;
      const owner = macs.get(one.mac);
      if (owner !== undefined) {
        findings.error("MAC_TAKEN", { mac: one.mac, endpoint: endpointOf(one), by: endpointOf(owner) }, [
          ...one.path,
          "mac",
        ]);
      } else macs.set(one.mac, one);
    }
  }
}

/** The lowest address of a prefix that nobody on the segment has. */
function freeAddress(cidr: Cidr, segment: Segment): string | undefined {
  const network = networkOf(cidr);
  const { first, last } = hostRange(cidr);
  const all = segment.interfaces.flatMap((one) => one.addresses.map((address) => address.cidr));
  const taken = new Set(all.filter((other) => contains(network, other)).map(({ value }) => value));
  for (let offset = first; offset <= last; offset++) {
    const value = network.value + offset;
    if (!taken.has(value)) return formatCidr({ ...network, value });
  }
  return undefined;
}
