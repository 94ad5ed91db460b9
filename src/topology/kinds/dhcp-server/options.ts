import type * as z from "zod";
import { listOf, map, mapOf, oneOrMore, scalar, text } from "../../schema/form.ts";
import { duration } from "../../schema/scalars.ts";
import { textOrFile } from "../pieces.ts";

const addressPhrase = "an address such as 10.0.0.1";

const pool = map(
  {
    first: text(addressPhrase).describe("The first address"),
    last: text(addressPhrase).describe("The last address"),
    prefix: text("a prefix such as 10.0.0.0/24")
      .optional()
      .describe("The network they are in. The server's own when absent; to be given for one behind a relay"),
    lease: duration().optional().describe("How long an address is lent, at least 2m. 1h when absent"),
    gateway: text(`${addressPhrase}, or a node of the lab`)
      .optional()
      .describe("Default gateway of the clients: an address, or a node with one in the network. None when absent"),
    nameservers: oneOrMore(text(`${addressPhrase}, or a node of the lab`), "an address or a node, or a list of them")
      .optional()
      .describe("Name servers of the clients: addresses, or nodes. None when absent"),
    domain: text("a domain such as office.example").optional().describe("Domain of the clients"),
    options: mapOf(scalar(), "a map from numbers or names of DHCP options to values")
      .optional()
      .describe("Further DHCP options, by number or by dnsmasq's name, such as ntp-server"),
  },
  "a map with first, last and so on",
).meta({ title: "DHCP pool" });

const reservation = map(
  {
    node: text("a node of the lab").optional().describe("Whose address it is: a node of the lab"),
    mac: text("a MAC address such as 02:00:00:00:00:01").optional().describe("Or a MAC address"),
    address: text(addressPhrase).describe("The address it always gets"),
  },
  "a map with node or mac, and address",
).meta({ title: "DHCP reservation" });

const relay = map(
  {
    on: text("the name of an interface").describe("The interface that has the clients"),
    to: text(`${addressPhrase}, or a node of the lab`).describe("The server: its address, or a node"),
  },
  "a map with on and to",
).meta({ title: "DHCP relay" });

export type Pool = z.output<typeof pool>;
export type Reservation = z.output<typeof reservation>;

export const dhcpServerOptions = {
  pools: listOf(pool, "a list such as [{first: 10.0.0.100, last: 10.0.0.199}]")
    .optional()
    .describe("Addresses that are lent"),
  reservations: listOf(reservation, "a list such as [{node: printer, address: 10.0.0.50}]")
    .optional()
    .describe("Addresses that belong to somebody"),
  relay: listOf(relay, "a list such as [{on: eth0, to: 10.9.0.1}]")
    .optional()
    .describe("Interfaces whose clients are served by another server; the node then forwards, too"),
  config: textOrFile("a configuration of dnsmasq")
    .optional()
    .describe("A configuration of dnsmasq, instead of the keys above: its text, or {from: a path}"),
} as const;

export type DhcpServerOptions = {
  readonly [Key in keyof typeof dhcpServerOptions]?: z.output<(typeof dhcpServerOptions)[Key]>;
};
