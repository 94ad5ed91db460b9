import { type AddressOfLink, encodeAddress } from "./address.ts";
import {
  type Bridge,
  type BridgeChange,
  type BridgePortChange,
  encodeBridge,
  encodeBridgeChange,
  encodeBridgePort,
} from "./bridge.ts";
import { type BridgePortVlans, encodeNoVlans, encodeVlans } from "./bridge-vlans.ts";
import type { MessageWriter } from "./codec.ts";
import { NLM_F_CREATE, NLM_F_EXCL, NLM_F_REPLACE } from "./headers/netlink.ts";
import * as rt from "./headers/rtnetlink.ts";
import { encodeIfinfo, encodeLinkChange, encodeVethPair, type LinkChange, type VethPair } from "./link.ts";
import { encodeRoute, type RouteSpec } from "./route.ts";
import {
  encodeFilterPlace,
  encodeQdisc,
  encodeQdiscPlace,
  encodeRedirect,
  type FilterPlace,
  type Qdisc,
  type QdiscPlace,
  type RedirectFilter,
} from "./traffic-control.ts";

/**
 * What can be asked of rtnetlink (rtnetlink(7)), in the kernel's own nouns and verbs: `add` fails when
 * the thing exists, `replace` does not, `set` changes what exists, `delete` fails when it does not.
 */
export abstract class RtnetlinkVerbs {
  /** @param call names the request in errors */
  protected abstract request(call: string, type: number, flags: number, encode: (writer: MessageWriter) => void): void;

  /** Creates a veth pair; both ends are down. */
  linkAdd(pair: VethPair): void {
    this.request(`link add ${pair.name}`, rt.RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, (writer) =>
      encodeVethPair(writer, pair),
    );
  }

  bridgeAdd(bridge: Bridge): void {
    this.request(`bridge add ${bridge.name}`, rt.RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, (writer) =>
      encodeBridge(writer, bridge),
    );
  }

  bridgeSet(change: BridgeChange): void {
    this.request(`bridge set ${change.ifindex}`, rt.RTM_NEWLINK, 0, (writer) => encodeBridgeChange(writer, change));
  }

  bridgePortSet(port: BridgePortChange): void {
    this.request(`bridge port set ${port.ifindex}`, rt.RTM_NEWLINK, 0, (writer) => encodeBridgePort(writer, port));
  }

  /** The port carries these VLANs and no others. @throws {KernelError} EOPNOTSUPP when the kernel's bridges know none */
  bridgeVlansSet(vlans: BridgePortVlans): void {
    const { ifindex } = vlans;
    this.request(`bridge vlans clear ${ifindex}`, rt.RTM_DELLINK, 0, (writer) => encodeNoVlans(writer, ifindex));
    this.request(`bridge vlans set ${ifindex}`, rt.RTM_SETLINK, 0, (writer) => encodeVlans(writer, vlans));
  }

  linkSet(change: LinkChange): void {
    this.request(`link set ${change.ifindex}`, rt.RTM_NEWLINK, 0, (writer) => encodeLinkChange(writer, change));
  }

  /** Of a veth pair, both ends go. */
  linkDelete(ifindex: number): void {
    this.request(`link delete ${ifindex}`, rt.RTM_DELLINK, 0, (writer) => encodeIfinfo(writer, ifindex));
  }

  /** IPv4 gets its broadcast address; IPv6 is usable at once, without duplicate address detection. */
  addressReplace(address: AddressOfLink): void {
    const call = `address replace ${address.address}`;
    this.request(call, rt.RTM_NEWADDR, NLM_F_CREATE | NLM_F_REPLACE, (writer) => encodeAddress(writer, address));
  }

  addressDelete(address: AddressOfLink): void {
    this.request(`address delete ${address.address}`, rt.RTM_DELADDR, 0, (writer) => encodeAddress(writer, address));
  }

  /** Replaces the route to the same prefix with the same metric, if there is one. */
  routeReplace(route: RouteSpec): void {
    const call = `route replace ${route.to}`;
    this.request(call, rt.RTM_NEWROUTE, NLM_F_CREATE | NLM_F_REPLACE, (writer) => encodeRoute(writer, route, false));
  }

  /** Deletes the first route that has what is given. */
  routeDelete(route: RouteSpec): void {
    this.request(`route delete ${route.to}`, rt.RTM_DELROUTE, 0, (writer) => encodeRoute(writer, route, true));
  }

  /**
   * Sets a queue, or changes it when there is one of the same kind at the same place.
   *
   * @throws {KernelError} ENOENT when the kernel does not have the kind
   */
  qdiscReplace(qdisc: Qdisc): void {
    const call = `qdisc replace ${qdisc.kind} on ${qdisc.ifindex}`;
    this.request(call, rt.RTM_NEWQDISC, NLM_F_CREATE | NLM_F_REPLACE, (writer) => encodeQdisc(writer, qdisc));
  }

  /** The filters on it, the queues in it and what waits in them go too. */
  qdiscDelete(qdisc: QdiscPlace): void {
    this.request(`qdisc delete ${qdisc.kind} on ${qdisc.ifindex}`, rt.RTM_DELQDISC, 0, (writer) =>
      encodeQdiscPlace(writer, qdisc),
    );
  }

  /** The filter that was there gives way without a gap: no frame passes between the two. */
  filterReplace(filter: RedirectFilter): void {
    const call = `filter replace ${filter.hook} of ${filter.ifindex}`;
    this.request(call, rt.RTM_NEWTFILTER, NLM_F_CREATE | NLM_F_REPLACE, (writer) => encodeRedirect(writer, filter));
  }

  filterDelete(place: FilterPlace): void {
    this.request(`filter delete ${place.hook} of ${place.ifindex}`, rt.RTM_DELTFILTER, 0, (writer) =>
      encodeFilterPlace(writer, place),
    );
  }
}
