import { type Family, formatAddress, networkText } from "../address.ts";
import type { InterfaceDraft } from "../resolve/draft.ts";

/** A router as its routing protocol sees it. */
export type RoutedNode = {
  readonly routerId: string;
  readonly loopback: InterfaceDraft | undefined;
  /** In the order of its interfaces. */
  readonly attachments: readonly Attachment[];
};

/** An interface of a router and who is at the other end. */
export type Attachment = {
  readonly interface: InterfaceDraft;
  /** Interfaces of the other routers on the segment. */
  readonly neighbours: readonly InterfaceDraft[];
  readonly hasHosts: boolean;
  readonly isSwitched: boolean;
};

/** Canonical prefixes of an interface, of one family. */
export const prefixesOf = (one: InterfaceDraft | undefined, family: Family): readonly string[] =>
  (one?.addresses ?? []).filter(({ cidr }) => cidr.family === family).map(({ cidr }) => networkText(cidr));

export const addressOf = (one: InterfaceDraft, family: Family): string | undefined => {
  const found = one.addresses.find(({ cidr }) => cidr.family === family);
  return found === undefined ? undefined : formatAddress(found.cidr);
};
