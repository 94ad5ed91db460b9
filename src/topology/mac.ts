/** `02:00:00:00:00:01` in lower case; undefined when `text` is no MAC address. */
export const parseMac = (text: string): string | undefined =>
  /^[0-9a-fA-F]{2}(:[0-9a-fA-F]{2}){5}$/.test(text) ? text.toLowerCase() : undefined;

/** Whether the address stands for a group of stations, which no interface can have (IEEE 802, section 8.2.2). */
export const isGroupMac = (mac: string): boolean => (Number.parseInt(mac.slice(0, 2), 16) & 1) === 1;

/**
 * The MAC address of an interface that was given none: `02:…` (locally administered), always the same
 * for the same node and interface, so that a lab looks the same each time.
 *
 * @param isTaken other addresses of the lab; on a collision the next one of the same sequence is taken
 */
export function deriveMac(node: string, interfaceName: string, isTaken: (mac: string) => boolean): string {
  for (let attempt = 0; ; attempt++) {
    const seed = `${node}/${interfaceName}${attempt === 0 ? "" : `/${attempt}`}`;
    const high = fnv1a(seed, 0x811c9dc5);
    const low = fnv1a(seed, high ^ 0x9e3779b9);
    const mac = `02:${octet(high)}:${octet(low >>> 24)}:${octet(low >>> 16)}:${octet(low >>> 8)}:${octet(low)}`;
    if (!isTaken(mac)) return mac;
  }
}

/** FNV-1a with a final mix (the 32-bit one of MurmurHash3), because the low bits of short names are too alike without. */
function fnv1a(text: string, basis: number): number {
  let hash = basis >>> 0;
  for (let index = 0; index < text.length; index++) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

const octets = Array.from({ length: 256 }, (_, value) => value.toString(16).padStart(2, "0"));
const octet = (value: number): string => octets[value & 255] as string;
