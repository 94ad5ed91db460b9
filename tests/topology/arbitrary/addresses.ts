import fc from "fast-check";
import type { Route } from "../../../src/topology/model.ts";
import { PORTS } from "./values.ts";

export const mac = (node: number, port: number) =>
  fc.constantFrom(0, 1).map((variant) => `02:00:00:0${variant}:0${node}:0${port}`);

/**
 * Addresses of a port: a few of a pool of its own, in any order. With `nested`, some prefixes of one
 * port lie within those of another, so that the longest one decides which way a gateway is reached.
 */
export function addressPool(node: number, port: number, nested: boolean): readonly string[] {
  const net = 1 + node * 8 + port;
  const pool = [
    `10.${net}.0.1/24`,
    `10.${net}.0.2/24`,
    `10.${net}.1.1/30`,
    `2001:db8:${net.toString(16)}::1/64`,
    `2001:db8:${net.toString(16)}:1::1/127`,
  ];
  return nested ? [...pool, `172.16.${port}.1/${16 + 2 * port}`, `2001:db9:0:${port + 1}::1/${32 + 8 * port}`] : pool;
}

/** The loopback addresses of a node. */
export const loopbackPool = (node: number): readonly string[] => [
  `192.0.2.${node + 1}/32`,
  `2001:db8:ffff::${node + 1}/128`,
];

/** Where routes may lead, and by which way; those that lead nowhere are dropped by `repair`. */
export function routePool(node: number): readonly Route[] {
  const routes: Route[] = [];
  for (const [index, port] of PORTS.entries()) {
    const net = 1 + node * 8 + index;
    const v6 = `2001:db8:${net.toString(16)}`;
    routes.push(
      { to: "0.0.0.0/0", via: `10.${net}.0.254` },
      { to: "0.0.0.0/0", via: `10.${net}.1.2`, metric: 100 },
      { to: "::/0", via: `${v6}::fe` },
      { to: "::/0", via: "fe80::1", interface: port, metric: 50 },
      { to: `198.51.${index}.0/24`, via: `10.${net}.0.9`, interface: port },
      { to: `169.254.${index}.0/24`, interface: port },
      { to: `198.18.${index}.0/24`, via: `169.254.${index}.1` },
      { to: `2001:dba:${index + 1}::/48`, interface: port, metric: 7 },
    );
  }
  return routes;
}

/** Reached through the nested prefixes of several ports. */
export const NESTED_ROUTES: readonly Route[] = [
  { to: "198.19.0.0/16", via: "172.16.2.9" },
  { to: "2001:dbb::/32", via: "2001:db9:0:1::9" },
];
