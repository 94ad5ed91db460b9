import { connect, isIP, type OnReadOpts, type Socket } from "node:net";
import type { TLSSocket } from "node:tls";

/** Where a lab's API is: at its own socket, or below an address of a server (`…/projects/P/labs/L`), for who has a token. */
export type LabAddress =
  | { readonly socket: string }
  | {
      readonly url: URL;
      readonly token: string;
      /** Certificates of authorities, in PEM, in place of those that Node knows. */
      readonly ca?: string;
    };

/** Connects. Errors come as events, as net.connect has them. */
export function dial(address: LabAddress, options: { readonly onread?: OnReadOpts } = {}): Socket | TLSSocket {
  if ("socket" in address) return connect({ path: address.socket, ...options });
  const { hostname, port, protocol } = address.url;
  const host = hostname.replace(/^\[|\]$/g, "");
  if (protocol !== "https:") return connect({ host, port: Number(port || 80), ...options });
  // Loaded only here: a lab of this machine has no need of it.
  const tls = process.getBuiltinModule("node:tls");
  return tls.connect({
    host,
    port: Number(port || 443),
    // A name, never an address (RFC 6066, 3).
    ...(isIP(host) === 0 ? { servername: host } : {}),
    ALPNProtocols: ["http/1.1"],
    ...(address.ca === undefined ? {} : { ca: address.ca }),
    ...options,
  });
}

/** The event of `dial`'s connection from which on it can be written to. */
export const readyEvent = (address: LabAddress): "connect" | "secureConnect" =>
  !("socket" in address) && address.url.protocol === "https:" ? "secureConnect" : "connect";

/** A path of the lab API as it is at that address. */
export const pathAt = (address: LabAddress, path: string): string =>
  "socket" in address ? path : `${address.url.pathname.replace(/\/$/, "")}${path.slice("/v1".length)}`;

/** Fields of the head of every request (RFC 9110). */
export const fieldsFor = (address: LabAddress): Readonly<Record<string, string>> =>
  "socket" in address ? { host: "localhost" } : { host: address.url.host, authorization: `Bearer ${address.token}` };
