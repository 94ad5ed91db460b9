import { networkText, parseCidr } from "./address.ts";
import type { LinkDefinition } from "./edit-links.ts";
import { type Endpoint, endpointText, type Lab, type Link, type LinkId } from "./model.ts";
import { linkDefinition } from "./print.ts";

/** How the links of a lab that runs differ from those of its lab file. */
export type LinkChanges = {
  /** As the lab file would say them. */
  readonly added: readonly LinkDefinition[];
  /** Which the lab file has still. */
  readonly removed: readonly LinkId[];
};

const usualMtu = 1500;

/**
 * Which links have come and gone since a lab file was applied: links can be added and removed while a lab runs, and
 * applying its file again takes that back.
 *
 * @param file what it was deployed as, or what was applied last
 * @param running the lab as it is now
 */
export function linkChanges(file: Lab, running: Lab): LinkChanges {
  const [before, now] = [idsOf(file), idsOf(running)];
  const added = running.links.filter(({ id }) => !before.has(id));
  return {
    added: added.map((link) => definitionOf(link, file, running)),
    removed: file.links.flatMap(({ id }) => (now.has(id) ? [] : [id])),
  };
}

const idsOf = ({ links }: Lab): ReadonlySet<LinkId> => new Set(links.map(({ id }) => id));

function definitionOf(link: Link, file: Lab, running: Lab): LinkDefinition {
  const { mtu, ...settings } = linkDefinition(link);
  // Where the file has links of another MTU, its defaults may say so, and this one has to say its own.
  const isUsual = mtu === usualMtu && file.links.every((other) => other.mtu === usualMtu);
  const subnets = [link.a, link.b].flatMap((end) => {
    const known = new Set(addressesAt(file, end));
    return addressesAt(running, end).flatMap((address) => {
      const cidr = parseCidr(address);
      return known.has(address) || "problem" in cidr ? [] : [networkText(cidr)];
    });
  });
  const subnet = [...new Set(subnets)];
  const [only] = subnet;
  return {
    ...settings,
    endpoints: [endpointText(link.a), endpointText(link.b)],
    ...(only === undefined ? {} : { subnet: subnet.length === 1 ? only : subnet }),
    ...(isUsual ? {} : { mtu }),
  };
}

const addressesAt = (lab: Lab, end: Endpoint): readonly string[] =>
  lab.nodes
    .find(({ name }) => name === end.node)
    ?.interfaces.flatMap((one) => (one.name === end.interface && "addresses" in one ? one.addresses : [])) ?? [];
